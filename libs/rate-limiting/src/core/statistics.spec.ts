import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { ClientTallies } from './client-tallies.ts';
import type { Grant } from './grant.ts';
import { rateLimit, slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';
import { rateLimitMetrics } from './metrics.ts';
import { WaitTimes } from './wait-times.ts';

const requests = rateLimit('requests', { amount: 3, perMs: 3_000 });
const slots = slotLimit('concurrency', { slots: 1 });

describe('the statistics of a limiter', () => {
  let clock: VirtualClock;
  let limiter: Limiter;
  beforeEach(() => {
    clock = new VirtualClock();
    limiter = new Limiter({ store: new MemoryStore({ clock }), clock, mostClients: 2 });
  });
  afterEach(() => limiter.close());

  it('count what was allowed, refused and had to wait, in all and by client', async () => {
    void limiter.take([{ limit: requests, subject: 'a', cost: 3 }], { client: 'a' });
    void limiter.take([{ limit: requests, subject: 'a' }], { client: 'a' });
    void limiter.take([{ limit: requests, subject: 'a', cost: 4 }], { client: 'a' });
    const held = limiter.acquire([{ limit: slots, subject: 's' }], { client: 'a' }) as Grant;
    const waiting = limiter.acquire([{ limit: slots, subject: 's' }], { client: 'b' });
    const abort = new AbortController();
    const aborted = limiter.acquire([{ limit: slots, subject: 's' }], {
      client: 'b',
      signal: abort.signal,
    }) as Promise<Grant>;
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(limiter.statistics()).toMatchObject({ waiting: 1, limits: { concurrency: { waiting: 1, held: 1 } } });
    await clock.advance(500);
    await held.release();
    await waiting;
    const statistics = limiter.statistics();
    expect(statistics).toMatchObject({
      allowed: 3,
      refused: { rate: 1, never: 1, slots: 0, 'queue-full': 0, 'wait-timeout': 0 },
      queued: 2,
      waiting: 0,
      aborted: 1,
      waits: { count: 1, p50Ms: 500, p95Ms: 500, p99Ms: 500, maxMs: 500 },
      limits: {
        requests: { kind: 'rate', refused: { rate: 1, never: 1 }, utilisation: 1 },
        concurrency: { kind: 'slots', waiting: 0, held: 1 },
      },
      clients: { a: { allowed: 2, refused: 2, queued: 0 }, b: { allowed: 1, refused: 0, queued: 2 } },
    });
    expect(JSON.parse(JSON.stringify(statistics))).toEqual(statistics);
  });

  it('say how near to its limits each client is, and all calls are, by the tightest of each call', async () => {
    const wide = rateLimit('wide', { amount: 1_000, perMs: 3_600_000 });
    const tight = rateLimit('tight', { amount: 4, perMs: 3_600_000 });
    expect(limiter.statistics().utilisation).toBeNull();
    const ask = (client: string, cost: number) => {
      const demands = [
        { limit: wide, subject: 'all' },
        { limit: tight, subject: client, cost },
      ];
      return limiter.take(demands, { client });
    };
    expect([ask('a', 1), ask('b', 4)]).toMatchObject([{ allowed: true }, { allowed: true }]);
    const { clients, utilisation } = limiter.statistics();
    expect([clients['a']!.utilisation, clients['b']!.utilisation]).toEqual([0.25, 1]);
    expect(utilisation).toBeGreaterThan(0.25);
    expect(utilisation).toBeLessThan(1);
    for (let call = 0; call < 100; call += 1) void ask('b', 4);
    expect(limiter.statistics().utilisation).toBeGreaterThan(0.9);
    expect(limiter.statistics().clients['a']!.utilisation).toBe(0.25);
  });

  it('are metrics whose labels are bounded', async () => {
    void limiter.take([{ limit: requests, subject: 'a', cost: 3 }], { client: 'a' });
    void limiter.take([{ limit: requests, subject: 'a' }], { client: 'a' });
    const metrics = rateLimitMetrics(limiter.statistics());
    const samplesOf = (name: string) => metrics.find((metric) => metric.name === name)?.samples;
    expect(samplesOf('rate_limit_allowed_total')).toEqual([{ labels: {}, value: 1 }]);
    expect(samplesOf('rate_limit_refused_total')).toContainEqual({
      labels: { limit: 'requests', reason: 'rate' },
      value: 1,
    });
    expect(samplesOf('rate_limit_wait_seconds')).toBeUndefined();
    const labels = metrics.flatMap(({ samples }) => samples.flatMap((sample) => Object.keys(sample.labels)));
    expect(new Set(labels)).toEqual(new Set(['limit', 'reason']));
  });
});

describe('the tallies of clients', () => {
  it('are of the busiest, whatever number of others come once', () => {
    const tallies = new ClientTallies(10);
    for (let call = 0; call < 5_000; call += 1) {
      tallies.of('busy').allowed += 1;
      tallies.of(`once-${call}`).allowed += 1;
    }
    const counted = tallies.statistics();
    expect(Object.keys(counted)).toHaveLength(10);
    expect(counted['busy']?.allowed).toBe(5_000);
    const known = Object.values(counted).reduce((sum, { allowed }) => sum + allowed, 0);
    expect(known + tallies.others().allowed).toBe(10_000);
  });
});

describe('the times of waits', () => {
  it('have percentiles that are at most a tenth too high', () => {
    const waits = new WaitTimes();
    for (let ms = 1; ms <= 10_000; ms += 1) waits.add(ms);
    const { p50Ms, p95Ms, p99Ms, maxMs } = waits.statistics();
    for (const [found, exact] of [
      [p50Ms, 5_000],
      [p95Ms, 9_500],
      [p99Ms, 9_900],
    ] as const) {
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * 1.1);
    }
    expect(maxMs).toBe(10_000);
  });
});
