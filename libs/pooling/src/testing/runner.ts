/** What declares tests: the functions that jest, vitest and others have under these names. */
export interface TestRunner {
  describe(name: string, declare: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
}

/**
 * The runner whose functions are global, and `node:test` where none are.
 *
 * @throws Error under a runner of others whose functions are not global
 */
export function defaultRunner(): TestRunner {
  const found = globalThis as Partial<TestRunner>;
  if (found.describe && found.it) return found as TestRunner;
  // eslint-disable-next-line no-restricted-syntax -- no setting: test runners say there that they run
  const { VITEST, JEST_WORKER_ID } = process.env;
  if (VITEST !== undefined || JEST_WORKER_ID !== undefined) {
    throw new Error('runner: must be given where the test runner has no globals: { describe, it } of it');
  }
  return process.getBuiltinModule('node:test');
}
