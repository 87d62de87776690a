import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FakeConnection, FakePeer, settled, SimulatedClock } from '../testing/index.ts';
import { ResourcePool } from './resource-pool.ts';

const MAX = 5;
const QUEUE_MAX = 12;
const RUNS = 100;
const OPERATIONS = 1_000;

/** Callers of a pool over simulated time, and what must hold of it whatever they do. */
class Callers {
  readonly clock = new SimulatedClock();
  readonly peer = new FakePeer();
  readonly problems: string[] = [];
  readonly held: FakeConnection[] = [];
  readonly released: FakeConnection[] = [];
  readonly pending = new Map<number, AbortController>();
  readonly pool: ResourcePool<FakeConnection>;
  #lastId = 0;
  #lastServed = 0;
  draining: Promise<unknown> | undefined;

  constructor(random: () => number) {
    const times = { acquireTimeoutMs: 400, createTimeoutMs: 150, checkAfterIdleMs: 200, checkTimeoutMs: 60 };
    const lives = { idleTimeoutMs: 500, maxLifeMs: 5_000, retryBaseMs: 20, retryMaxMs: 200, leakAfterMs: 1_000 };
    this.pool = new ResourcePool(this.peer, {
      ...{ name: 'random', min: 2, max: MAX, queueMax: QUEUE_MAX, createsAtOnce: 3, clock: this.clock, random },
      ...times,
      ...lives,
      onProblem: ({ during, error }) => void (during === 'destroy' && this.problems.push(String(error))),
    });
  }

  async acquire(timeoutMs: number): Promise<void> {
    const id = ++this.#lastId;
    const controller = new AbortController();
    this.pending.set(id, controller);
    try {
      const connection = await this.pool.acquire({ timeoutMs, signal: controller.signal });
      if (this.held.includes(connection)) this.problems.push(`${connection.id} was lent twice`);
      this.held.push(connection);
      this.#lastServed = Math.max(this.#lastServed, id);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === undefined) this.problems.push(String(error));
    } finally {
      this.pending.delete(id);
    }
  }

  release(which: number, broken: boolean): void {
    if (this.held.length === 0) return;
    const [connection] = this.held.splice(which % this.held.length, 1);
    this.pool.release(connection!, { broken });
    this.released.push(connection!);
  }

  releaseAgain(): void {
    const connection = this.released.at(-1);
    if (!connection || this.held.includes(connection)) return;
    // To whom it was handed over within the release.
    if (this.pool.numbers().inUse > this.held.length + this.peer.checking) return;
    expect(() => this.pool.release(connection)).toThrow(expect.objectContaining({ code: 'not_leased' }));
  }

  die(which: number): void {
    const open = [...this.peer.open];
    const victim = open[which % Math.max(1, open.length)];
    if (victim && which % 2 === 0) victim.halfOpen = true;
    else if (victim) {
      victim.open = false;
      if (which % 3 === 0) this.pool.invalidate(victim);
    }
  }

  /** What every step leaves. Not by an expectation for each, which would take most of the time. */
  broken(): string[] {
    const { inUse, idle, connecting, waiting } = this.pool.numbers();
    const { held, peer, pending } = this;
    const [longestWaiting = Infinity] = pending.keys();
    const must: Record<string, boolean> = {
      'in use is what is held or checked': inUse === held.length + peer.checking,
      'open is in use or idle': peer.open.size === inUse + idle,
      'waiting is who has no answer': waiting === pending.size && waiting <= QUEUE_MAX,
      'no more than max': inUse + idle + connecting <= MAX,
      'nobody waits for what is idle': idle === 0 || waiting <= peer.checking,
      'first come, first served': this.#lastServed < longestWaiting,
    };
    return [...this.problems, ...Object.keys(must).filter((rule) => !must[rule])];
  }
}

type Operation = (callers: Callers, n: number) => unknown;

const operations: readonly (readonly [weight: number, Operation])[] = [
  [10, (callers, n) => void callers.acquire(n)],
  [10, (callers, n) => callers.release(n, n % 10 === 0)],
  [3, (callers) => callers.releaseAgain()],
  [3, (callers) => [...callers.pending.values()].at(0)?.abort()],
  [3, (callers, n) => [...callers.pending.values()].at(n % Math.max(1, callers.pending.size))?.abort()],
  [6, (callers, n) => callers.clock.advance(n % 100)],
  [2, (callers, n) => callers.die(n)],
  [1, (callers) => callers.peer.vanish()],
  [3, (callers, n) => callers.peer.answer(n % 3 === 0 ? 'refuse' : 'accept')],
  [4, (callers) => (callers.peer.behaviour = 'accept')],
  [1, (callers) => (callers.peer.behaviour = 'refuse')],
  [1, (callers) => (callers.peer.behaviour = 'hang')],
];

const operation = fc.tuple(
  fc.oneof(...operations.map(([weight, run]) => ({ weight, arbitrary: fc.constant(run) }))),
  fc.nat(500),
);

async function run(steps: readonly (readonly [Operation, number])[], drainAt: number, seed: number): Promise<void> {
  let state = seed;
  const callers = new Callers(() => (state = (state * 16_807 + 7) % 2_147_483_647) / 2_147_483_647);
  await settled();
  for (const [index, [operate, n]] of steps.entries()) {
    if (index === drainAt) callers.draining = callers.pool.drain(n);
    await operate(callers, n);
    await settled();
    const broken = callers.draining ? callers.problems : callers.broken();
    if (broken.length > 0) throw new Error(`Step ${index}: ${broken.join('; ')}`);
  }
  callers.draining ??= callers.pool.drain(1_000);
  while (callers.held.length > 0) callers.release(0, false);
  await callers.clock.advance(5_000);
  await callers.draining;
  while (callers.held.length > 0) callers.release(0, false);
  while (callers.peer.hanging > 0) callers.peer.answer();
  await settled();
  expect(callers.problems).toEqual([]);
  expect([...callers.pending]).toEqual([]);
  expect(callers.peer.open.size).toBe(0);
  expect(callers.pool.numbers()).toMatchObject({ inUse: 0, idle: 0, connecting: 0, waiting: 0 });
  expect(callers.clock.waiting).toBe(0);
}

describe('a pool under random use', () => {
  it(`loses nothing and counts right at every step of ${RUNS * OPERATIONS} operations`, async () => {
    const steps = fc.array(operation, { minLength: OPERATIONS, maxLength: OPERATIONS });
    // Half of the runs shut down in the middle.
    const drainAt = fc.integer({ min: 1, max: 2 * OPERATIONS });
    await fc.assert(fc.asyncProperty(steps, drainAt, fc.integer({ min: 1, max: 1_000_000 }), run), {
      numRuns: RUNS,
      endOnFailure: true,
    });
  }, 120_000);
});
