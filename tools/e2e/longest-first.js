import { basename } from 'node:path';

/** How long a file takes, in seconds, where that is long: all suites against one way to run Purser, and what starts it often. */
const seconds = {
  'services.e2e.spec.ts': 155,
  'one_process.e2e.spec.ts': 132,
  'starting.e2e.spec.ts': 96,
  'rolling_restart.e2e.spec.ts': 84,
  'outages.e2e.spec.ts': 66,
};

/**
 * The order in which Jest's workers take the files. By itself it takes the largest first where it has no durations from
 * before, and those that take longest are the smallest: they would begin last, and the other worker would wait for them.
 */
export default class LongestFirst {
  sort(tests) {
    const length = ({ path }) => seconds[basename(path)] ?? 0;
    return tests.toSorted((one, other) => length(other) - length(one));
  }

  /** Jest offers what it has measured; the order stays as it is. */
  cacheResults() {}
}
