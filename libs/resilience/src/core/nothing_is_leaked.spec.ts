import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { Deadline } from './deadline.ts';
import { dependency } from './dependency.ts';

const MAX_CONCURRENT = 5;
const OPERATIONS = 100_000;

/** Numbers from 0 to 1 that follow from the seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A dependency with everything, and calls of every kind: some end well, some fail, hang, are called off or have no time. */
async function storm(seed: number, operations: number): Promise<void> {
  const random = randomFrom(seed);
  const time = new SimulatedTime();
  const shop = dependency({
    ...{ name: 'shop', deadlineMs: 400, attemptTimeoutMs: 100, clock: time, random },
    retry: { attempts: 3, baseMs: 10 },
    breaker: { minimumCalls: 10, windowMs: 500, openMs: 50, slowCallMs: 80, probes: 2, probeTimeoutMs: 1_000 },
    bulkhead: { maxConcurrent: MAX_CONCURRENT, maxQueued: 5, maxWaitMs: 60 },
  });
  let underWay = 0;
  const kinds = {
    answers: () => time.sleep(random() * 90),
    fails: () => time.sleep(random() * 30).then(() => Promise.reject(new Error('busy'))),
    hangs: () => new Promise<void>(() => undefined),
    throws: () => {
      throw new Error('at once');
    },
  };
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  const ended = new Set<Promise<unknown>>();
  for (let operation = 0; operation < operations; operation += 1) {
    // Well for a while, ill for a while.
    const ill = Math.floor(operation / 2_000) % 2 === 1;
    const kind = random() < (ill ? 0.1 : 0.9) ? 'answers' : names[Math.floor(random() * names.length)]!;
    const caller = new AbortController();
    const deadline = random() < 0.1 ? Deadline.after(1 + random() * 100, { clock: time }) : undefined;
    const call = shop.run(
      async ({ signal }) => {
        expect((underWay += 1)).toBeLessThanOrEqual(MAX_CONCURRENT);
        const gone = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        try {
          await Promise.race([kinds[kind](), gone]);
        } finally {
          underWay -= 1;
        }
      },
      { signal: caller.signal, deadline },
    );
    const settled = call.catch(() => undefined).finally(() => ended.delete(settled));
    ended.add(settled);
    if (random() < 0.1) time.setTimer(() => caller.abort('gone'), random() * 100);
    if (operation % 8 === 0) await time.advance(random() * 40);
  }
  await time.advance(2_000);
  const { calls, successes, failures, bulkhead, breaker } = shop.statistics();
  expect(ended.size).toBe(0);
  expect(calls).toBe(successes + Object.values(failures).reduce((sum, count) => sum + count, 0));
  expect(bulkhead).toMatchObject({ active: 0, queued: 0 });
  expect([underWay, time.waiting]).toEqual([0, 0]);
  // It is well now: nothing is kept that would hold calls away.
  time.skip(30_000);
  await expect(shop.run(async () => 'well')).resolves.toBe('well');
  expect(breaker!.changes.open).toBeGreaterThan(0);
  expect(shop.breaker!.state.kind).toBe('closed');
}

it('loses no permit, no place and no timer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => storm(seed, OPERATIONS / 10)),
    { numRuns: 10 },
  );
});
