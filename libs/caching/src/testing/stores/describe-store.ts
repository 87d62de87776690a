import { describe } from '@jest/globals';
import { describeBounds } from './bounds.ts';
import { useStore, type StoreHarness } from './harness.ts';
import { describeInvalidations } from './invalidations.ts';
import { describeLife } from './life.ts';
import { describeModel } from './model.ts';
import { describePositions } from './positions.ts';
import { describeUse } from './use.ts';
import { describeValues } from './values.ts';

/** What is true of some stores only. */
export interface StoreTraits {
  /**
   * The limit of the stores that are opened, where the store itself gives entries up to stay below it; at least 500 000.
   * Undefined: nothing is ever given up for room.
   */
  readonly maxBytes?: number;
}

/**
 * Declares the tests that every {@link Store} passes. `open` is called before each: with a store that has nothing in it.
 *
 * ```ts
 * describeStore('disk', async () => ({ store: await openDiskStore({ folder: await newFolder() }) }));
 * ```
 */
export function describeStore(name: string, open: () => Promise<StoreHarness>, { maxBytes }: StoreTraits = {}): void {
  describe(`${name} store`, () => {
    const test = useStore(open);
    describeValues(test);
    describeLife(test);
    describeInvalidations(test);
    describePositions(test);
    describeUse(test);
    describeModel(test);
    if (maxBytes !== undefined) describeBounds(test, maxBytes);
  });
}
