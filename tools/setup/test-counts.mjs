import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateFolder } from './workspace.mjs';

/**
 * How many tests of one project's run ended how. `failed` includes files that could not even be loaded.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

// nx.json names the same place as an output of the target `test`, so that a hit in Nx's cache brings its counts back.
const folder = join(stateFolder, 'test-counts');

/** @type {Counts} */
export const none = { passed: 0, failed: 0, skipped: 0 };

/**
 * Writes down the counts of one Nx task.
 * @param {{ project: string, target: string, counts: Counts }} task
 */
export function recordCounts({ project, target, counts }) {
  const file = join(folder, target.replaceAll(':', '-'), `${project}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(counts));
}

/**
 * Forgets what earlier runs of a target have left.
 * @param {string} target
 */
export function forgetCounts(target) {
  rmSync(join(folder, target.replaceAll(':', '-')), { recursive: true, force: true });
}

/**
 * The sum over all projects since `forgetCounts`.
 * @param {string} target
 */
export function sumOfCounts(target) {
  const place = join(folder, target.replaceAll(':', '-'));
  if (!existsSync(place)) return none;
  const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  return files.map((name) => JSON.parse(readFileSync(join(place, name), 'utf8'))).reduce(add, none);
}

/**
 * @param {Counts} one
 * @param {Counts} other
 * @returns {Counts}
 */
export function add(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}
