import { describeBounds } from './bounds.ts';
import { useNewStore, useStore, type StoreHarness, type StoreUnderTest } from './harness.ts';
import { describeInvalidations } from './invalidations.ts';
import { describeLife } from './life.ts';
import { describeModel } from './model.ts';
import { describePositions } from './positions.ts';
import { describe, useRunner, type TestRunner } from './runner.ts';
import { describeClosing, describeStatistics, describeUse } from './use.ts';
import { describeValues } from './values.ts';

/** What is true of some stores only, and where they are tested. */
export interface StoreTraits {
  /**
   * The limit of the stores that are opened, where the store itself gives entries up to stay below it; at least 500 000.
   * Undefined: nothing is ever given up for room.
   */
  readonly maxBytes?: number;
  /**
   * What the tests are declared to. Default: whatever has `describe`, `it` and `beforeAll` among the globals (jest, vitest
   * with `globals`), else `node:test`.
   */
  readonly runner?: TestRunner;
}

/**
 * Declares the tests that every {@link Store} passes. `open` is called once for most, which use namespaces of
 * their own, and before each of the others.
 *
 * ```ts
 * describeStore('disk', async () => ({ store: await openDiskStore({ folder: await newFolder() }) }));
 * ```
 */
export function describeStore(name: string, open: () => Promise<StoreHarness>, traits: StoreTraits = {}): void {
  const { maxBytes, runner } = traits;
  useRunner(runner);
  describe(`${name} store`, () => {
    describe('kept open', () => describeKeptOpen(useStore(open)));
    describe('opened anew', () => {
      const test = useNewStore(open);
      describeStatistics(test);
      describeClosing(test);
      if (maxBytes !== undefined) describeBounds(test, maxBytes);
    });
  });
}

function describeKeptOpen(test: StoreUnderTest): void {
  describeValues(test);
  describeLife(test);
  describeInvalidations(test);
  describePositions(test);
  describeUse(test);
  describeModel(test);
}
