import { beforeEach, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Grant } from './grant.ts';
import { rateLimit, slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from './store.ts';

const slot = { limit: slotLimit('slots', { slots: 1 }), subject: 'a' };
const rate = { limit: rateLimit('requests', { amount: 1, perMs: 3_600_000 }), subject: 'a' };

/** Takes at once, and says so when the test lets it. Closed, it does nothing any more. */
class SlowStore implements LimitStore {
  readonly kept = new MemoryStore();
  readonly answers: (() => void)[] = [];
  isClosed = false;

  take(demands: readonly Demand[], _asker: Asker): Promise<Decision> {
    const decision = this.kept.take(demands);
    return new Promise((resolve) => this.answers.push(() => resolve(decision)));
  }

  look(demands: readonly Demand[]): readonly Standing[] {
    return this.kept.look(demands);
  }

  async correct(corrections: readonly Correction[]): Promise<void> {
    this.#mustBeOpen();
    this.kept.correct(corrections);
  }

  async release(holds: readonly SlotHold[]): Promise<void> {
    this.#mustBeOpen();
    this.kept.release(holds);
  }

  renew(holds: readonly SlotHold[]): readonly SlotHold[] {
    return this.kept.renew(holds);
  }

  reset(demands: readonly Demand[]): void {
    this.kept.reset(demands);
  }

  close(): void {
    this.isClosed = true;
  }

  answer(): void {
    for (const answer of this.answers.splice(0)) answer();
  }

  #mustBeOpen(): void {
    if (this.isClosed) throw new Error('closed');
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

let clock: VirtualClock;
let store: SlowStore;
let limiter: Limiter;
let problems: unknown[];
beforeEach(() => {
  clock = new VirtualClock();
  store = new SlowStore();
  problems = [];
  limiter = new Limiter({ store, clock, onProblem: (error) => problems.push(error) });
});

const remaining = () => store.look([slot, rate]).map((standing) => standing.remaining);

it.each(['take', 'acquire'] as const)('gives back what the store grants while it closes (%s)', async (call) => {
  const asked = Promise.resolve(limiter[call]([slot, rate], { client: 'a' }));
  const refused = expect(asked).rejects.toMatchObject({ name: 'LimiterClosed' });
  const closed = limiter.close();
  await nextTurn();
  expect([store.isClosed, remaining()]).toEqual([false, [0, 0]]);
  store.answer();
  await Promise.all([closed, refused]);
  expect([store.isClosed, remaining(), problems, clock.pending]).toEqual([true, [1, 1], [], 0]);
});

it('gives back the slot that came free for who waited', async () => {
  const held = limiter.acquire([slot], { client: 'a' });
  store.answer();
  const grant: Grant = await held;
  const waiting = Promise.resolve(limiter.acquire([slot], { client: 'b' }));
  store.answer();
  await nextTurn();
  const refused = expect(waiting).rejects.toMatchObject({ name: 'LimiterClosed' });
  await grant.release();
  expect(store.answers).toHaveLength(1);
  const closed = limiter.close();
  await nextTurn();
  store.answer();
  await Promise.all([closed, refused]);
  expect([remaining()[0], problems]).toEqual([1, []]);
});

it('waits for no store that never answers', async () => {
  const asked = Promise.resolve(limiter.acquire([slot], { client: 'a' }));
  const refused = expect(asked).rejects.toMatchObject({ name: 'LimiterClosed' });
  const closed = limiter.close();
  await clock.advance(5_000);
  await Promise.all([closed, refused]);
  expect(store.isClosed).toBe(true);
});
