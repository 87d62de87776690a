import { usage } from './options.ts';
import { readArguments, type LoadArguments } from './read-arguments.ts';

/** Wrong arguments end the process with this code. */
const EXIT_USAGE = 2;

/** Why nothing is loaded: the help that was asked for, or what is wrong with the arguments, and nothing that hides it. */
export interface Explanation {
  readonly exitCode: number;
  readonly text: string;
}

/** What is to be done, or why nothing is. */
export function readOrExplain(argv: readonly string[]): LoadArguments | Explanation {
  try {
    const read = readArguments(argv);
    return read === 'help' ? { exitCode: 0, text: usage } : read;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { exitCode: EXIT_USAGE, text: `${reason}\nnpm run load -- --help says what may be given.\n` };
  }
}
