import { describe, expect, it } from '@jest/globals';
import type { UsageRecord } from '@purser/contracts';
import { finishedAttempt } from '@purser/testing';
import type { Clock } from '../leases/clock.ts';
import { Shipper, type Finished } from './shipper.ts';

/** Time that only goes on when it is told to. */
class StandingClock implements Clock {
  #now = 0;
  #due: { readonly at: number; readonly fn: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    const due = { at: this.#now + ms, fn };
    this.#due.push(due);
    return () => (this.#due = this.#due.filter((each) => each !== due));
  }

  defer(fn: () => void): void {
    queueMicrotask(fn);
  }

  async goOn(ms: number): Promise<void> {
    this.#now += ms;
    for (const { at, fn } of this.#due) if (at <= this.#now) fn();
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    // What was sent is answered.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

let count = 0;
const finished = (leases: string[], session = 'session'): Finished => {
  return { session, record: { ...finishedAttempt(), usageId: `usage-${count++}`, leases } };
};
const paid = () => finished(['lease']);
const free = () => finished([]);

function setUp() {
  const clock = new StandingClock();
  const sent: number[] = [];
  const settled: string[] = [];
  const malformed: string[] = [];
  const network = { isDown: false };
  const transport = {
    settle: ({ records }: { records: readonly unknown[] }) => {
      if (network.isDown) return Promise.reject(new Error('nobody is there'));
      sent.push(records.length);
      const results = (records as readonly UsageRecord[]).map(({ model }) =>
        model === 'malformed' ? 'malformed' : 'ok',
      );
      return Promise.resolve({ results });
    },
  };
  const shipper = new Shipper(clock, transport, {
    onSettled: (all) => settled.push(...all.map(({ record }) => record.usageId)),
    onMalformed: ({ usageId }) => malformed.push(usageId),
  });
  const ship = (all: readonly Finished[]) => all.forEach((each) => shipper.ship(each));
  return { clock, sent, settled, malformed, network, shipper, ship };
}

const many = (length: number, make: () => Finished): Finished[] => Array.from({ length }, make);

describe('finished attempts', () => {
  it('that hold money are shipped together after 20 ms', async () => {
    const { clock, sent, ship } = setUp();
    ship([paid(), paid()]);
    await clock.goOn(19);
    expect(sent).toEqual([]);
    await clock.goOn(1);
    expect(sent).toEqual([2]);
  });

  it('that hold none wait for more, up to 100 ms', async () => {
    const { clock, sent, ship } = setUp();
    ship([free()]);
    await clock.goOn(60);
    ship([free()]);
    await clock.goOn(39);
    expect(sent).toEqual([]);
    await clock.goOn(1);
    expect(sent).toEqual([2]);
  });

  it('that hold money do not wait longer for those that hold none, which go with them', async () => {
    const { clock, sent, settled, ship } = setUp();
    const all = [free(), paid(), free()];
    ship(all.slice(0, 1));
    await clock.goOn(50);
    ship(all.slice(1));
    await clock.goOn(20);
    expect(sent).toEqual([3]);
    expect(settled).toEqual(all.map(({ record }) => record.usageId));
    ship([free()]);
    await clock.goOn(99);
    expect(sent).toEqual([3]);
    await clock.goOn(1);
    expect(sent).toEqual([3, 1]);
  });

  it('that hold money go as soon as they are due, however late in the wait of the others they came', async () => {
    const { clock, sent, ship } = setUp();
    ship([free()]);
    await clock.goOn(95);
    ship([paid()]);
    await clock.goOn(20);
    expect(sent).toEqual([2]);
  });

  it('go at once when they are a batch: 200 with money among them, 400 without', async () => {
    const { clock, sent, ship } = setUp();
    ship([...many(199, free), paid()]);
    await clock.goOn(0);
    expect(sent).toEqual([200]);
    ship(many(399, free));
    await clock.goOn(0);
    expect(sent).toEqual([200]);
    ship([free()]);
    await clock.goOn(0);
    expect(sent).toEqual([200, 400]);
  });

  it('of two sessions go in a message each, and no more than 500 in one', async () => {
    const { clock, sent, settled, network, ship } = setUp();
    network.isDown = true;
    const all = [...many(600, paid), ...many(3, () => finished(['lease'], 'another')), ...many(2, free)];
    ship(all);
    await clock.goOn(20);
    network.isDown = false;
    for (let tries = 0; tries < 5; tries++) await clock.goOn(100);
    expect(sent).toEqual([500, 100, 3, 2]);
    expect(settled).toEqual(all.map(({ record }) => record.usageId));
    await expectPaces(clock, sent, ship);
  });

  it('that are malformed are set aside, and the others settled', async () => {
    const { clock, sent, settled, malformed, ship } = setUp();
    const [good, bad] = [paid(), paid()];
    ship([good, { ...bad, record: { ...bad.record, model: 'malformed' } }]);
    await clock.goOn(20);
    expect([settled, malformed]).toEqual([[good.record.usageId], [bad.record.usageId]]);
    await expectPaces(clock, sent, ship);
  });

  it('that come while others are on their way are flushed behind them', async () => {
    const { clock, sent, network, shipper, ship } = setUp();
    network.isDown = true;
    ship([free()]);
    shipper.flush();
    await clock.goOn(0);
    ship([free()]);
    shipper.flush();
    network.isDown = false;
    await clock.goOn(100);
    expect([sent.reduce((a, b) => a + b, 0), shipper.waiting]).toEqual([2, 0]);
  });

  it('are kept while nobody answers, then shipped, and flushed without a wait', async () => {
    const { clock, sent, network, shipper, ship } = setUp();
    network.isDown = true;
    ship([paid(), free()]);
    await clock.goOn(20);
    expect([sent, shipper.waiting]).toEqual([[], 2]);
    network.isDown = false;
    await clock.goOn(100);
    expect([sent, shipper.waiting]).toEqual([[2], 0]);
    ship([free()]);
    shipper.flush();
    await clock.goOn(0);
    expect([sent, shipper.waiting]).toEqual([[2, 1], 0]);
  });
});

/** What holds money is still told from what holds none. */
async function expectPaces(clock: StandingClock, sent: number[], ship: (all: readonly Finished[]) => void) {
  const before = sent.length;
  ship([free()]);
  await clock.goOn(20);
  expect(sent.length).toBe(before);
  await clock.goOn(80);
  expect(sent.length).toBe(before + 1);
  ship([paid()]);
  await clock.goOn(20);
  expect(sent.length).toBe(before + 2);
}
