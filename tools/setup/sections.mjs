import { join } from 'node:path';
import { run } from './run.mjs';
import { add, forgetCounts, none, sumOfCounts } from './test-counts.mjs';
import { environment, root } from './workspace.mjs';

/**
 * @typedef {import('./test-counts.mjs').Counts} Counts
 * @typedef {{ ok: boolean, counts: Counts, output?: string }} Result `output` is what has not been shown yet
 * @typedef {{ name: string, title: string, check: () => Promise<Result>, besideOthers?: boolean }} Section `besideOthers`: it
 * only reads sources, on one core, so that its like may run at the same time
 */

/** The parts of `npm test`, in the order in which a fault is cheapest to find. @type {readonly Section[]} */
export const sections = [
  { name: 'format', title: 'Format', check: checkFormat, besideOthers: true },
  { name: 'lint', title: 'Lint', check: checkLint, besideOthers: true },
  { name: 'types', title: 'Types', check: checkTypes, besideOthers: true },
  {
    name: 'unit',
    title: 'Unit tests',
    check: () => runUnitOrMedium('test', ['--testPathIgnorePatterns', 'medium.spec', 'e2e.spec']),
  },
  {
    name: 'medium',
    title: 'Medium tests (a real PostgreSQL and NATS)',
    check: () => runUnitOrMedium('test:medium', ['medium.spec']),
  },
  { name: 'e2e', title: 'End-to-end tests (over HTTP)', check: runEndToEnd },
];

/**
 * The sections as they are run: those of one group at the same time, the groups one after the other.
 * @param {readonly Section[]} chosen
 * @returns {Section[][]}
 */
export function groups(chosen) {
  const beside = chosen.filter(({ besideOthers }) => besideOthers);
  const alone = chosen.filter(({ besideOthers }) => !besideOthers);
  return [...(beside.length > 0 ? [beside] : []), ...alone.map((section) => [section])];
}

function checkFormat() {
  return checkSources('prettier', ['--check', '--log-level=warn', '.']);
}

function checkLint() {
  const config = join(root, 'tools/tidy/lint/whole.config.mjs');
  // The types of all projects take 2 GB, which is more than Node allows itself on a small machine.
  const eslint = ['--max-old-space-size=4096', join(root, 'node_modules/eslint/bin/eslint.js')];
  return checkSources(process.execPath, [...eslint, '--config', config, '--max-warnings', '0', '.']);
}

function checkTypes() {
  return checkSources(process.execPath, [join(root, 'tools/setup/check-types.mjs')]);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<Result>}
 */
async function checkSources(command, args) {
  const { code, output } = await run(command, args, { env: environment({ ownCommands: true }), output: 'kept' });
  return { ...outcome(code, none), output };
}

/**
 * Jest over all projects (`jest.config.js`).
 * @param {string} target the script of the projects that runs the same tests
 * @param {readonly string[]} args which tests
 */
function runUnitOrMedium(target, args) {
  return countedTests(target, () => jest(target, 'all', args));
}

/** Their bounds are of seconds that a neighbour could take from them: they run one by one, when the others are done. */
const byThemselves = ['rolling_restart.e2e.spec', 'reads_without_neighbours.e2e.spec'];

function runEndToEnd() {
  const target = 'test:e2e';
  const args = ['--config', 'tools/e2e/jest.config.js'];
  return countedTests(target, async () => {
    const beside = await jest(target, 'beside', [
      ...args,
      '--maxWorkers=2',
      '--testPathIgnorePatterns',
      ...byThemselves,
    ]);
    const alone = await jest(target, 'alone', [...args, '--maxWorkers=1', '--testPathPatterns', ...byThemselves]);
    return { code: beside.code || alone.code };
  });
}

/**
 * @param {string} target
 * @param {string} part of the target's tests, counted by itself
 * @param {readonly string[]} args
 */
function jest(target, part, args) {
  // For the reporter that counts, which otherwise learns from Nx whose tests these are.
  const env = { ...environment({ ownCommands: true }), NX_TASK_TARGET_PROJECT: part, NX_TASK_TARGET_TARGET: target };
  const command = ['--experimental-vm-modules', join(root, 'node_modules/jest/bin/jest.js'), ...args];
  return run(process.execPath, command, { env, output: 'shown' });
}

/**
 * @param {string} target
 * @param {() => Promise<{ code: number }>} runTests
 * @returns {Promise<Result>}
 */
async function countedTests(target, runTests) {
  forgetCounts(target);
  const { code } = await runTests();
  const counts = sumOfCounts(target);
  // A section that finds nothing to run has lost its tests: that must not look like success.
  if (code === 0 && counts.passed === 0) return outcome(1, counts);
  return outcome(code, counts);
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
