import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryStore } from '../stores/memory/index.ts';
import { ROUNDING } from '../testing/model/bucket-model.ts';
import { ModelledStore } from '../testing/model/modelled-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { Grant } from './grant.ts';
import { rateLimit, slotLimit, type RateLimit } from './limit.ts';
import { LimitExceeded } from './limit-exceeded.ts';
import { Limiter } from './limiter.ts';
import type { Demand } from './store.ts';

const SUBJECTS = ['a', 'b'] as const;
const LEASE_MS = 600;
const requests = rateLimit('requests', { amount: 7, perMs: 1_000, capacity: 5 });
const tokens = rateLimit('tokens', { amount: 900, perMs: 700 });
const changed = [
  rateLimit('changed', { amount: 3, perMs: 100 }),
  rateLimit('changed', { amount: 11, perMs: 900 }),
] as const;
const slots = slotLimit('slots', { slots: 2, leaseMs: LEASE_MS });
const provider = slotLimit('provider', { slots: 3, leaseMs: LEASE_MS });

const step = fc.record({
  kind: fc.constantFrom(
    ...(['take', 'take', 'acquire', 'acquire', 'acquire', 'release', 'release', 'release again'] as const),
    ...(['give back', 'settle', 'abort', 'wait', 'wait', 'crash', 'correct', 'reset', 'look'] as const),
  ),
  subject: fc.constantFrom(...SUBJECTS),
  client: fc.constantFrom('x', 'y', 'z'),
  number: fc.nat({ max: 1_000 }),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A limiter, its callers, and what each of them has. */
class World {
  readonly clock = new VirtualClock();
  readonly store: ModelledStore;
  readonly limiter: Limiter;
  readonly problems: unknown[] = [];
  readonly held = new Set<Grant>();
  readonly released: Grant[] = [];
  /** By limit name and subject, what callers paid in the end. */
  readonly paid = new Map<string, number>();
  readonly waiting = new Set<AbortController>();

  constructor(delayMs: (clock: VirtualClock) => number) {
    this.store = new ModelledStore(new MemoryStore({ clock: this.clock }), this.clock, () => delayMs(this.clock));
    const onProblem = (error: unknown) => this.problems.push(error);
    const queue = { mostWaiting: 6, waitMs: 300 };
    this.limiter = new Limiter({ store: this.store, clock: this.clock, queue, onProblem });
  }

  async run({ kind, subject, client, number }: Step): Promise<void> {
    const pick = <T>(all: Iterable<T>): T | undefined => {
      const list = [...all];
      return list[number % Math.max(1, list.length)];
    };
    const rates: Demand[] = [
      { limit: requests, subject },
      { limit: tokens, subject, cost: number },
      { limit: changed[number % 2]!, subject, cost: (number % 9) / 2 },
    ];
    const held = pick(this.held);
    switch (kind) {
      case 'take':
        this.#call(async () => this.limiter.take(rates, { client }));
        break;
      case 'acquire':
        this.#acquire(
          [...rates.slice(0, number % 3), { limit: slots, subject }, { limit: provider, subject: 'all' }],
          client,
        );
        break;
      case 'release':
        if (held !== undefined) this.#end(held, () => held.release());
        break;
      case 'release again':
        void this.released[number % Math.max(1, this.released.length)]?.release();
        break;
      case 'give back':
        if (held !== undefined) {
          this.#pay(held, () => 0);
          this.#end(held, () => held.giveBack());
        }
        break;
      case 'settle':
        if (held?.demands.some(({ limit }) => limit === tokens)) {
          this.#pay(held, (limit, cost) => (limit === tokens ? number : cost));
          void held.settle('tokens', number);
        }
        break;
      case 'abort':
        pick(this.waiting)?.abort();
        break;
      case 'crash':
        // Somebody else's process took it, and is never heard of again.
        void this.store.take([{ limit: slots, subject }], { client, waits: false });
        break;
      case 'correct':
        void this.limiter.correct([{ limit: requests, subject: 'corrected', by: (number % 7) - 3 }]);
        break;
      case 'reset':
        void this.limiter.reset([
          { limit: slots, subject },
          { limit: requests, subject: 'corrected' },
        ]);
        break;
      case 'look':
        void this.limiter.look(rates);
        break;
      case 'wait':
        await this.clock.advance(number / 4);
        break;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Everybody gives up what they have, and whatever is under way ends. */
  async end(): Promise<void> {
    for (const abort of this.waiting) abort.abort();
    await this.clock.advance(100);
    for (const grant of this.held) void grant.release();
    await this.clock.advance(10 * LEASE_MS);
  }

  readonly #costs = new Map<Grant, number[]>();

  #acquire(demands: Demand[], client: string): void {
    const abort = new AbortController();
    this.waiting.add(abort);
    this.#call(async () => {
      try {
        return await this.limiter.acquire(demands, { client, signal: abort.signal });
      } finally {
        this.waiting.delete(abort);
      }
    });
  }

  #call(call: () => Promise<Grant | { readonly allowed: false }>): void {
    call().then(
      (answer) => {
        if (!answer.allowed) return;
        this.held.add(answer);
        this.#costs.set(
          answer,
          answer.demands.map(() => 0),
        );
        this.#pay(answer, (_limit, cost) => cost);
      },
      (error: unknown) => {
        const isExpected = error instanceof LimitExceeded || (error as Error).name === 'AbortError';
        if (!isExpected) this.problems.push(error);
      },
    );
  }

  #pay(grant: Grant, costOf: (limit: RateLimit, cost: number) => number): void {
    const costs = this.#costs.get(grant)!;
    for (const [index, { limit, subject, cost = 1 }] of grant.demands.entries()) {
      if (limit.kind === 'slots') continue;
      const key = `${limit.name} ${subject}`;
      const paid = costOf(limit, costs[index] === 0 ? cost : costs[index]!);
      this.paid.set(key, (this.paid.get(key) ?? 0) + paid - costs[index]!);
      costs[index] = paid;
    }
  }

  #end(grant: Grant, end: () => void | Promise<void>): void {
    this.held.delete(grant);
    this.released.push(grant);
    void end();
  }
}

async function check(steps: readonly Step[], delayMs: (clock: VirtualClock) => number): Promise<void> {
  const world = new World(delayMs);
  for (const each of steps) await world.run(each);
  await world.end();
  expect(world.problems).toEqual([]);
  expect(world.store.held).toBe(0);
  for (const [key, paid] of world.paid) {
    const [name, subject] = key.split(' ') as [string, string];
    expect(world.store.net(name, subject)).toBeCloseTo(paid, 6);
  }
  for (const bucket of world.store.buckets) {
    expect(bucket.worstWindow()).toBeLessThanOrEqual(ROUNDING * bucket.limit.capacity);
  }
  const { waiting, limits } = world.limiter.statistics();
  expect([waiting, limits['slots']?.held ?? 0, limits['provider']?.held ?? 0]).toEqual([0, 0, 0]);
  await world.limiter.close();
  expect(world.clock.pending).toBe(0);
}

describe('no token and no slot is leaked, and no window has more than it may', () => {
  const steps = fc.array(step, { minLength: 1_000, maxLength: 1_000, size: 'max' });

  it('where the store answers at once', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (all) => check(all, () => 0)),
      { numRuns: 50, endOnFailure: true },
    );
  }, 300_000);

  it('where it answers later, and callers may be gone by then', async () => {
    const slow = (clock: VirtualClock) => 1 + (Math.floor(clock.now() * 7) % 40);
    await fc.assert(
      fc.asyncProperty(steps, (all) => check(all, slow)),
      { numRuns: 50, endOnFailure: true },
    );
  }, 300_000);
});
