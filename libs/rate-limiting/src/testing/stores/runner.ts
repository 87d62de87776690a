/** What declares tests: the functions that jest, vitest and others have under these names. */
export interface TestRunner {
  describe(name: string, declare: () => void): unknown;
  it(name: string, run: () => Promise<void>): unknown;
  beforeEach(run: () => Promise<void>): unknown;
  afterEach(run: () => Promise<void>): unknown;
}

let runner: TestRunner | undefined;

/**
 * Declares what follows to this runner; by default to the one whose functions are global, and to `node:test` where none are.
 *
 * @throws Error under a runner of others whose functions are not global
 */
export function useRunner(given: TestRunner | undefined): void {
  runner = given ?? globalRunner() ?? nodeRunner();
}

export const describe: TestRunner['describe'] = (name, declare) => runner!.describe(name, declare);
export const it: TestRunner['it'] = (name, run) => runner!.it(name, run);
export const beforeEach: TestRunner['beforeEach'] = (run) => runner!.beforeEach(run);
export const afterEach: TestRunner['afterEach'] = (run) => runner!.afterEach(run);

function globalRunner(): TestRunner | undefined {
  const found = globalThis as Partial<TestRunner>;
  return found.describe && found.it && found.beforeEach ? (found as TestRunner) : undefined;
}

/** Not imported above: other runners' processes have no use for it, and some can't load it. */
function nodeRunner(): TestRunner {
  // eslint-disable-next-line no-restricted-syntax -- no setting: test runners say there that they run
  const { VITEST, JEST_WORKER_ID } = process.env;
  if (VITEST !== undefined || JEST_WORKER_ID !== undefined) {
    throw new Error(
      'runner: must be given where the test runner has no globals: { describe, it, beforeEach, afterEach } of it',
    );
  }
  const { describe, it, beforeEach, afterEach } = process.getBuiltinModule('node:test');
  return { describe, it, beforeEach, afterEach };
}
