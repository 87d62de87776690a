import { expect } from 'expect';
import type { Pool } from '../core/pool.ts';
import { describeDraining } from './draining.ts';
import { describeLending } from './lending.ts';
import { describeReporting } from './reporting.ts';
import { defaultRunner, type TestRunner } from './runner.ts';
import { describeWaiting } from './waiting.ts';

/** How the suite wants a pool of yours: nothing kept warm, over a peer that is there. */
export interface PoolUnderTestOptions {
  readonly max: number;
  /** Default: 100. */
  readonly queueMax: number;
}

/** What a group of the suite is given. */
export interface PoolSuite extends TestRunner {
  /** Declares a test of a pool of its own, which is drained at its end. */
  of(name: string, options: Partial<PoolUnderTestOptions>, run: (pool: Pool<object>) => Promise<void>): void;
}

/**
 * Declares the tests that every {@link Pool} passes: order, bounds, errors, releases, shutdown, statistics. `open` is called
 * for each.
 *
 * ```ts
 * describePool('widgets', ({ max, queueMax }) => new ResourcePool(widgetFactory, { name: 'widgets', max, queueMax }));
 * ```
 *
 * @param runner what the tests are declared to; default: whatever has `describe` and `it` among the globals (jest, vitest
 * with `globals`), else `node:test`
 */
export function describePool<T extends object>(
  name: string,
  open: (options: PoolUnderTestOptions) => Pool<T> | Promise<Pool<T>>,
  runner: TestRunner = defaultRunner(),
): void {
  const of: PoolSuite['of'] = (test, options, run) =>
    runner.it(test, async () => {
      const pool = (await open({ max: 2, queueMax: 100, ...options })) as Pool<object>;
      try {
        await run(pool);
      } finally {
        await pool.drain(0);
      }
      expect(pool.stats().count).toEqual({ idle: 0, used: 0 });
    });
  const suite: PoolSuite = { describe: runner.describe, it: runner.it, of };
  runner.describe(`${name} pool`, () => {
    describeLending(suite);
    describeWaiting(suite);
    describeDraining(suite);
    describeReporting(suite);
  });
}
