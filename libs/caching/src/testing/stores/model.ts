import { expect } from 'expect';
import fc from 'fast-check';
import type { Invalidation } from '../../core/invalidation.ts';
import type { Position, Store } from '../../core/store.ts';
import { entryOf, type StoreUnderTest } from './harness.ts';
import { ReferenceStore } from './reference-store.ts';
import { it } from './runner.ts';

type Step =
  | { readonly kind: 'look'; readonly namespace: string; readonly key: string }
  | {
      readonly kind: 'set';
      readonly namespace: string;
      readonly key: string;
      readonly tags: readonly string[];
      /** Which of the lookups so far the value was loaded after; undefined: it is new now. */
      readonly after: number | undefined;
      readonly ifAbsent: boolean;
    }
  | { readonly kind: 'invalidate'; readonly namespace: string; readonly invalidation: Invalidation };

const NAMESPACES = ['one', 'two'];
const KEYS = ['a', 'b', 'aa', 'ab', 'a*', 'a%'];
const TAGS = ['t', 'u', 'tu'];

/** Two stores that are asked the same, and what each answered to the lookups of loads. */
interface Both {
  readonly stores: readonly Store[];
  readonly looked: { readonly namespace: string; readonly key: string; readonly positions: readonly Position[] }[];
}

export function describeModel(test: StoreUnderTest): void {
  it('answers whatever it is asked as a store does that keeps every invalidation and goes through all of them', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps(), { maxLength: 40 }), async (taken) => {
        run += 1;
        const both: Both = { stores: [test.store, new ReferenceStore({ now: () => 0 })], looked: [] };
        for (const [index, step] of taken.entries()) await takeBoth(both, within(`run${run}`, step), `v${index}`);
      }),
      { numRuns: 40 },
    );
  });
}

/** Each run has namespaces of its own, so that one store serves them all. */
function within(run: string, step: Step): Step {
  return { ...step, namespace: `${run}-${step.namespace}` };
}

async function takeBoth(both: Both, step: Step, value: string): Promise<void> {
  if (step.kind === 'look') return lookAtBoth(both, step);
  const since = sinceOf(both, step);
  const [real, model] = await Promise.all(both.stores.map((store, index) => take(store, step, value, since?.[index])));
  expect(real).toEqual(model);
  const [there, expected] = await Promise.all(both.stores.map((store) => contents(store, step.namespace)));
  expect(there).toEqual(expected);
}

async function lookAtBoth({ stores, looked }: Both, { namespace, key }: Step & { kind: 'look' }): Promise<void> {
  const lookups = await Promise.all(stores.map((store) => store.getMany(namespace, [key])));
  const [real, model] = lookups.map(([lookup]) => lookup!.entry?.json);
  expect(real).toEqual(model);
  looked.push({ namespace, key, positions: lookups.map(([lookup]) => lookup!.position) });
}

/** The positions at one of the lookups so far of the same key. */
function sinceOf({ looked }: Both, step: Step): readonly Position[] | undefined {
  if (step.kind !== 'set' || step.after === undefined) return undefined;
  const fitting = looked.filter(({ namespace, key }) => namespace === step.namespace && key === step.key);
  return fitting[step.after % fitting.length]?.positions;
}

function take(
  store: Store,
  step: Exclude<Step, { kind: 'look' }>,
  value: string,
  since: Position | undefined,
): Promise<unknown> {
  const { namespace } = step;
  if (step.kind === 'invalidate') return store.invalidate(namespace, step.invalidation);
  const entry = entryOf({ json: JSON.stringify(value), tags: step.tags });
  return store.set({ namespace, key: step.key, entry, freshForMs: entry.ttlMs, since, ifAbsent: step.ifAbsent });
}

async function contents(store: Store, namespace: string): Promise<unknown> {
  const lookups = await store.getMany(namespace, KEYS);
  return lookups.map(({ entry }) => entry && [entry.json, entry.tags]);
}

function steps(): fc.Arbitrary<Step> {
  const place = { namespace: fc.constantFrom(...NAMESPACES), key: fc.constantFrom(...KEYS) };
  const set = {
    tags: fc.subarray(TAGS),
    after: fc.option(fc.nat(20), { nil: undefined }),
    ifAbsent: fc.boolean(),
  };
  return fc.oneof(
    fc.record({ kind: fc.constant('look' as const), ...place }),
    { arbitrary: fc.record({ kind: fc.constant('set' as const), ...place, ...set }), weight: 2 },
    fc.record({ kind: fc.constant('invalidate' as const), namespace: place.namespace, invalidation: invalidations() }),
  );
}

function invalidations(): fc.Arbitrary<Invalidation> {
  return fc.oneof(
    fc.record({ kind: fc.constant('keys' as const), keys: fc.subarray(KEYS) }),
    fc.record({ kind: fc.constant('tags' as const), tags: fc.subarray(TAGS) }),
    fc.record({ kind: fc.constant('prefix' as const), prefix: fc.constantFrom('', 'a', 'b', 'a%', 'a*', 'c') }),
    fc.record({
      kind: fc.constant('pattern' as const),
      pattern: fc.constantFrom('*', 'a*', '?', 'a?', 'a\\*', '*b', 'c?'),
    }),
    fc.constant({ kind: 'all' as const }),
  );
}
