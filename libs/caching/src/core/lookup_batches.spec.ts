import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LookupBatches } from './lookup-batches.ts';
import type { Lookup } from './store.ts';

/** Says of each key where it stood, in which call. */
function watched() {
  const calls: { namespace: string; keys: readonly string[] }[] = [];
  const batches = new LookupBatches(async (namespace, keys) => {
    calls.push({ namespace, keys });
    return namespace === 'away' ? undefined : keys.map((key): Lookup => ({ entry: undefined, position: key.length }));
  });
  return { calls, batches };
}

it('asks once for what is asked for in one turn, in a namespace', async () => {
  const { calls, batches } = watched();
  const found = await Promise.all([
    batches.getMany('a', ['1']),
    batches.getMany('b', ['22']),
    Promise.resolve().then(() => batches.getMany('a', ['333', '1'])),
    batches.getMany('away', ['1']),
  ]);
  expect(calls).toEqual([
    { namespace: 'a', keys: ['1', '333', '1'] },
    { namespace: 'b', keys: ['22'] },
    { namespace: 'away', keys: ['1'] },
  ]);
  expect(found.map((lookups) => lookups?.map(({ position }) => position))).toEqual([[1], [2], [3, 1], undefined]);
  await batches.getMany('a', ['1']);
  expect(calls.at(-1)).toEqual({ namespace: 'a', keys: ['1'] });
});

it('gives everybody what they asked for, in their order, some hundred keys at a time', async () => {
  const asked = fc.array(fc.array(fc.string({ maxLength: 9 }), { maxLength: 700 }), { maxLength: 12, size: 'max' });
  await fc.assert(
    fc.asyncProperty(asked, async (all) => {
      const { calls, batches } = watched();
      const found = await Promise.all(all.map((keys) => batches.getMany('a', keys)));
      expect(found.map((lookups) => lookups!.map(({ position }) => position))).toEqual(
        all.map((keys) => keys.map(({ length }) => length)),
      );
      const most = Math.max(500, ...all.map(({ length }) => length));
      expect(calls.length).toBeLessThanOrEqual(all.length);
      for (const { keys } of calls) expect(keys.length).toBeLessThanOrEqual(most);
    }),
    { numRuns: 30 },
  );
});

it('fails for all who were asked for together, and for nobody who came later', async () => {
  let fails = true;
  const batches = new LookupBatches(async (_namespace, keys) => {
    if (fails) throw new Error('away');
    return keys.map(() => ({ entry: undefined, position: 1 }));
  });
  const together = await Promise.allSettled([batches.getMany('a', ['1']), batches.getMany('a', ['2'])]);
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await batches.getMany('a', ['1'])).toHaveLength(1);
});
