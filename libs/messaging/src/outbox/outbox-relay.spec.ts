import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import {
  EventBus,
  InProcessBroker,
  OutboxRelay,
  type OutboxEvent,
  type OutboxRelayOptions,
  type OutboxStore,
} from '../index.ts';
import { eventually } from '../testing/harness.ts';

/** An outbox in memory, which keeps to what {@link OutboxStore} promises. */
class MemoryOutbox implements OutboxStore {
  readonly events: OutboxEvent[] = [];
  readonly batches: number[] = [];
  #busy = false;
  failure: Error | undefined;

  add(...ids: string[]): void {
    for (const id of ids) this.events.push({ id, subject: 'budget.a.done', payload: { id } });
  }

  async takeBatch(limit: number, deliver: (events: readonly OutboxEvent[]) => Promise<void>): Promise<number> {
    if (this.failure) throw this.failure;
    if (this.#busy) return 0;
    this.#busy = true;
    try {
      const batch = this.events.slice(0, limit);
      if (batch.length > 0) await deliver(batch);
      this.events.splice(0, batch.length);
      this.batches.push(batch.length);
      return batch.length;
    } finally {
      this.#busy = false;
    }
  }
}

describe('the outbox relay', () => {
  let store: MemoryOutbox;
  let bus: EventBus;
  let seen: string[];
  let refusal: Error | undefined;
  const relays: OutboxRelay[] = [];

  /** Polls once an hour, so that what happens sooner was asked for. */
  function relay(options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    const made = new OutboxRelay({ store, bus, pollIntervalMs: 3_600_000, ...options });
    relays.push(made);
    return made;
  }

  beforeEach(async () => {
    Logger.overrideLogger(false);
    [store, seen, refusal] = [new MemoryOutbox(), [], undefined];
    const transport = new InProcessBroker().transport('budget');
    await transport.connect();
    await transport.consume({ consumer: 'reports', subject: 'budget.a.done', maxInFlight: 1 }, async ({ id }) => {
      if (refusal) throw refusal;
      seen.push(id);
      return { kind: 'done' };
    });
    bus = new EventBus(transport);
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((made) => made.stop()));
  });

  it('publishes what is there when it starts, in order, batch by batch without a pause', async () => {
    store.add('e1', 'e2', 'e3', 'e4', 'e5');
    relay({ batchSize: 2 }).start();
    await eventually('all are published', () => seen.length === 5);
    expect(seen).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
    await eventually('they are marked', () => store.events.length === 0);
    expect(store.batches.slice(0, 3)).toEqual([2, 2, 1]);
  });

  it('publishes at once when it is nudged', async () => {
    const made = relay();
    made.start();
    await eventually('it has looked', () => store.batches.length > 0);
    store.add('e1');
    made.nudge();
    await eventually('it is published', () => seen.length === 1);
  });

  it('looks again after the batch during which it was nudged', async () => {
    const made = relay();
    store.add('e1');
    const { takeBatch } = store;
    store.takeBatch = async (limit, deliver) => {
      const taken = await takeBatch.call(store, limit, deliver);
      if (taken === 1 && seen.length === 1) {
        store.add('e2');
        made.nudge();
      }
      return taken;
    };
    made.start();
    await eventually('both are published', () => seen.length === 2);
  });

  it('finds by itself what nobody told of', async () => {
    relay({ pollIntervalMs: 5 }).start();
    await eventually('it has looked', () => store.batches.length > 0);
    store.add('e1');
    await eventually('it is published', () => seen.length === 1);
  });

  it.each<[string, (failure: Error | undefined) => void]>([
    ['the bus', (failure) => (refusal = failure)],
    ['the store', (failure) => (store.failure = failure)],
  ])('keeps everything while %s is away, and goes on in order once it is back', async (_, set) => {
    set(new DomainError('unavailable', 'away'));
    store.add('e1', 'e2');
    relay({ maxBackoffMs: 10 }).start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([seen, store.events.length]).toEqual([[], 2]);
    set(undefined);
    await eventually('both are published', () => seen.length === 2);
    expect(seen).toEqual(['e1', 'e2']);
  });

  it('makes no attempt for each nudge while the bus is away', async () => {
    refusal = new DomainError('unavailable', 'away');
    store.add('e1');
    let attempts = 0;
    const { takeBatch } = store;
    store.takeBatch = (limit, deliver) => {
      attempts += 1;
      return takeBatch.call(store, limit, deliver);
    };
    const made = relay({ maxBackoffMs: 3_600_000 });
    made.start();
    await eventually('it has failed', () => attempts === 1);
    for (let nudge = 0; nudge < 100; nudge++) {
      made.nudge();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(attempts).toBeLessThan(5);
  });

  it('publishes what was committed before it stopped, and nothing after', async () => {
    const made = relay();
    made.start();
    await eventually('it has looked', () => store.batches.length > 0);
    store.add('e1');
    await made.stop();
    expect(seen).toEqual(['e1']);
    store.add('e2');
    made.nudge();
    made.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toEqual(['e1']);
  });

  it('stops in time when the bus does not answer', async () => {
    const { promise: never } = Promise.withResolvers<void>();
    store.takeBatch = () => never.then(() => 0);
    const made = relay();
    made.start();
    relays.pop();
    await made.stop(10);
  });

  it('leaves the publishing to one of several replicas at a time', async () => {
    store.add(...Array.from({ length: 50 }, (_, index) => `e${index}`));
    for (let replica = 0; replica < 3; replica++) relay({ batchSize: 5, pollIntervalMs: 1 }).start();
    await eventually('all are published', () => seen.length === 50);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => `e${index}`));
  });
});
