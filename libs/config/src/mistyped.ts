import type { ConfigDefinition } from './definition.ts';
import type { Environment } from './load.ts';

/** A variable that is set, that nobody declares, and that looks like one that somebody does. */
export interface MistypedVariable {
  readonly name: string;
  /** The declared name that was probably meant. */
  readonly meant: string;
}

const PREFIX = 'PURSER_';
const SHORTEST_NAME = 8;

/**
 * Finds variables that an operator has probably mistyped: a `PURSER_*` name within two edits (an insertion, a deletion,
 * another character, or two neighbours swapped) of a declared name, or any other name of eight characters or more
 * within one.
 *
 * Meant for a warning at start, not for a refusal: the environment belongs to other programs too. Pass all definitions
 * that the process uses, since a name that one app declares may resemble a name of another.
 */
export function mistypedVariables(
  definitions: readonly ConfigDefinition[],
  env: Environment,
): readonly MistypedVariable[] {
  const declared = new Set(definitions.flatMap(({ variables }) => Object.keys(variables)));
  const unset = [...declared].filter((name) => !env[name]);
  return Object.keys(env).flatMap((name) => {
    if (declared.has(name) || name.length < SHORTEST_NAME) return [];
    const furthest = name.startsWith(PREFIX) ? 2 : 1;
    const distances = unset.map((candidate) => ({ candidate, edits: editDistance(name, candidate, furthest) }));
    const [nearest] = distances.filter(({ edits }) => edits <= furthest).sort((a, b) => a.edits - b.edits);
    return nearest === undefined ? [] : [{ name, meant: nearest.candidate }];
  });
}

/** Optimal string alignment distance; anything above `furthest` may come back as any number above it. */
function editDistance(a: string, b: string, furthest: number): number {
  if (Math.abs(a.length - b.length) > furthest) return furthest + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(changed, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, beforeLast[column - 2]! + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
