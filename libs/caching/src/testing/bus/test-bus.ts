import type { InvalidationBus } from '../../core/bus.ts';
import { randomFrom } from '../random.ts';

/** What goes wrong with one delivery to one replica. Unequal delays change the order. */
export type BusFault = { readonly kind: 'drop' } | { readonly kind: 'delay' | 'duplicate'; readonly ms: number };

/** How often, of 1, each thing goes wrong; the rest is delivered at once. */
export interface BusFaultRates {
  readonly drop?: number;
  readonly delay?: number;
  readonly duplicate?: number;
  /** The longest delay. Default 5. */
  readonly maxDelayMs?: number;
}

/** Faults by chance: the same ones for the same seed, in the order of the deliveries. */
export function randomBusFaults(seed: number, rates: BusFaultRates): () => BusFault | undefined {
  const random = randomFrom(seed);
  return () => {
    let left = random();
    const ms = Math.floor(random() * ((rates.maxDelayMs ?? 5) + 1));
    for (const kind of ['drop', 'delay', 'duplicate'] as const) {
      left -= rates[kind] ?? 0;
      if (left < 0) return kind === 'drop' ? { kind } : { kind, ms };
    }
    return undefined;
  };
}

/** How one replica is connected to a {@link TestBus}. */
export type BusLink =
  /** All goes through. */
  | 'up'
  /** What it sends, and what is sent to it, is lost, and nobody is told. */
  | 'cut'
  /** Sending fails; what is sent to it is lost. */
  | 'failing'
  /** What it sends, and what is sent to it, waits until it is up again: a process that was stopped. */
  | 'held';

/** One replica's end of a {@link TestBus}. */
export class TestBusConnection implements InvalidationBus {
  readonly #bus: TestBus;
  readonly #handlers = new Set<(message: unknown) => void>();
  readonly #held: (() => void)[] = [];
  #link: BusLink = 'up';

  /** Made by {@link TestBus.connect}. */
  constructor(bus: TestBus) {
    this.#bus = bus;
  }

  get link(): BusLink {
    return this.#link;
  }

  set link(link: BusLink) {
    this.#link = link;
    if (link === 'up') for (const run of this.#held.splice(0)) run();
  }

  publish(message: unknown): Promise<void> {
    if (this.#link === 'failing') return Promise.reject(new Error('The bus is not there, as it was told.'));
    const json = JSON.stringify(message);
    this.#through(() => this.#bus.deliver(json));
    return Promise.resolve();
  }

  subscribe(handler: (message: unknown) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Called by the bus. */
  take(json: string): void {
    this.#through(() => {
      for (const handler of this.#handlers) handler(JSON.parse(json));
    });
  }

  #through(run: () => void): void {
    if (this.#link === 'up') run();
    else if (this.#link === 'held') this.#held.push(run);
  }
}

/**
 * A bus for several replicas in one process. Every message passes through JSON and reaches all connections, its sender's too,
 * unless `next` says what goes wrong with a delivery.
 */
export class TestBus {
  readonly #connections = new Set<TestBusConnection>();
  readonly #next: () => BusFault | undefined;

  constructor(next: () => BusFault | undefined = () => undefined) {
    this.#next = next;
  }

  /** Another replica's end of it. */
  connect(): TestBusConnection {
    const connection = new TestBusConnection(this);
    this.#connections.add(connection);
    return connection;
  }

  /** Called by a connection. */
  deliver(json: string): void {
    for (const connection of this.#connections) {
      const fault = this.#next();
      const take = (): void => connection.take(json);
      if (fault?.kind === 'drop') continue;
      if (fault?.kind !== 'delay') queueMicrotask(take);
      if (fault !== undefined) setTimeout(take, fault.ms);
    }
  }
}

/** A bus in this process, without faults unless `next` says so. */
export function createTestBus(next?: () => BusFault | undefined): TestBus {
  return new TestBus(next);
}
