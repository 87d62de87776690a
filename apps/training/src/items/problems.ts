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
const MORE = /^has (\d+) more problems$/;

/**
 * The problems of a source in the order of their paths, at most `max`; a last one says how many more there are, those
 * left out before among them.
 */
export function orderedProblems(all: readonly Problem[], max = MAX_PROBLEMS): Problem[] {
  const told = all.filter((problem) => leftOutBy(problem) === 0).map(presentable);
  const sorted = told.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const before = all.reduce((sum, problem) => sum + leftOutBy(problem), 0);
  if (before === 0 && sorted.length <= max) return sorted;
  const kept = sorted.slice(0, max - 1);
  return [...kept, { path: '.', reason: `has ${before + sorted.length - kept.length} more problems` }];
}

/** The problem that `error` is at `path`. @throws the error itself where it says nothing about the file. */
export function problemOf(path: string, error: unknown): Problem {
  if (error instanceof Unreadable) return { path, reason: error.message };
  throw error;
}

/** How many problems it stands for that were left out. */
function leftOutBy({ path, reason }: Problem): number {
  return path === '.' ? Number(MORE.exec(reason)?.[1] ?? 0) : 0;
}

// Names of files may hold anything but NUL, also halves of characters and line ends.
function presentable({ path, reason }: Problem): Problem {
  const shown = path.length > MAX_PATH_CHARACTERS ? `…${path.slice(-MAX_PATH_CHARACTERS)}` : path;
  return { path: shown.toWellFormed(), reason: reason.toWellFormed() };
}
