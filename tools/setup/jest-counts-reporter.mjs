import { recordCounts } from './test-counts.mjs';

/** Writes down how many tests of a project passed, when Nx runs it as part of `npm test`. */
export default class JestCountsReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const { NX_TASK_TARGET_PROJECT: project, NX_TASK_TARGET_TARGET: target } = process.env;
    if (!project || !target) return;
    recordCounts({
      project,
      target,
      counts: {
        passed: results.numPassedTests,
        failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
        skipped: results.numPendingTests + results.numTodoTests,
      },
    });
  }
}
