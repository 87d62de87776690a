import { nx } from './build.mjs';
import { run } from './run.mjs';
import { add, forgetCounts, none, sumOfCounts } from './test-counts.mjs';
import { environment } from './workspace.mjs';

/**
 * @typedef {import('./test-counts.mjs').Counts} Counts
 * @typedef {{ ok: boolean, counts: Counts }} Result
 * @typedef {{ name: string, title: string, check: () => Promise<Result> }} Section
 */

/** The parts of `npm test`, in the order in which a fault is cheapest to find. @type {readonly Section[]} */
export const sections = [
  { name: 'format', title: 'Format', check: checkFormat },
  { name: 'lint', title: 'Lint', check: () => checkTarget('lint') },
  { name: 'types', title: 'Types', check: () => checkTarget('typecheck') },
  { name: 'unit', title: 'Unit tests', check: () => runTests('test') },
  { name: 'medium', title: 'Medium tests (a real PostgreSQL and NATS)', check: () => runTests('test:medium') },
  { name: 'e2e', title: 'End-to-end tests (over HTTP)', check: () => runTests('test:e2e', { quiet: false }) },
];

/** @returns {Promise<Result>} */
async function checkFormat() {
  const env = environment({ ownCommands: true });
  const { code } = await run('prettier', ['--check', '--log-level=warn', '.'], { env, output: 'shown' });
  return outcome(code, none);
}

/**
 * @param {string} target
 * @returns {Promise<Result>}
 */
async function checkTarget(target) {
  return outcome(await runTarget(target), none);
}

/**
 * @param {string} target
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<Result>}
 */
async function runTests(target, options) {
  forgetCounts(target);
  const code = await runTarget(target, options);
  const counts = sumOfCounts(target);
  // A section that finds nothing to run has lost its tests: that must not look like success.
  if (code === 0 && counts.passed === 0) return outcome(1, counts);
  return outcome(code, counts);
}

/**
 * @param {string} target
 * @param {{ quiet?: boolean }} [options] quiet shows only what fails
 */
async function runTarget(target, { quiet = true } = {}) {
  const style = quiet ? 'static-failures-only' : 'stream-without-prefixes';
  const { code } = await nx(['run-many', '-t', target, '--parallel=2', `--output-style=${style}`], { output: 'shown' });
  return code;
}

/**
 * A section that fails without a failed test counts as one failure: the last line must never say that none failed.
 * @param {number} code
 * @param {Counts} counts
 * @returns {Result}
 */
export function outcome(code, counts) {
  if (code === 0) return { ok: counts.failed === 0, counts };
  return { ok: false, counts: add(counts, { ...none, failed: counts.failed === 0 ? 1 : 0 }) };
}
