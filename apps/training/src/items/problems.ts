import { Unreadable } from './unreadable.ts';

/** Something in a source that could not be used, or not as it stands. */
export interface Problem {
  /** Within the source; `.` is the source itself. */
  readonly path: string;
  readonly reason: string;
}

const MAX_PATH_CHARACTERS = 300;
/** Problems kept; what follows is only counted. */
const MAX_PROBLEMS = 200;

/** The problems of a source in the order of their paths, at most `max`; a last one says how many more there are. */
export function orderedProblems(all: readonly Problem[], max = MAX_PROBLEMS): Problem[] {
  const sorted = all.map(presentable).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  if (sorted.length <= max) return sorted;
  return [...sorted.slice(0, max - 1), { path: '.', reason: `has ${sorted.length - max + 1} more problems` }];
}

/** The problem that `error` is at `path`. @throws the error itself where it says nothing about the file. */
export function problemOf(path: string, error: unknown): Problem {
  if (error instanceof Unreadable) return { path, reason: error.message };
  throw error;
}

// Names of files may hold anything but NUL, also halves of characters and line ends.
function presentable({ path, reason }: Problem): Problem {
  const shown = path.length > MAX_PATH_CHARACTERS ? `…${path.slice(-MAX_PATH_CHARACTERS)}` : path;
  return { path: shown.toWellFormed(), reason: reason.toWellFormed() };
}
