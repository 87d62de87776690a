import { Caches, type CachesOptions } from '../core/caches.ts';
import { createTestBus, type BusFault, type TestBusConnection } from './bus/test-bus.ts';
import { VirtualTime } from './time/virtual-time.ts';

/** Of the buses of {@link ReplicasInTime}. */
export const QUICK_BUS = { heartbeatMs: 100, silenceMs: 500, confirmMs: 50 };

/** Replicas at one bus, in a time that goes on only when told. Begins to be the process's time when it is made. */
export class ReplicasInTime {
  readonly time = new VirtualTime();
  readonly bus = createTestBus(() => this.fault);
  /** What goes wrong with each message, from now on. */
  fault: BusFault | undefined;
  readonly #open: Caches[] = [];

  constructor() {
    this.time.install();
  }

  /** Opens a replica; it is closed at the end. */
  async replica(
    options: CachesOptions = {},
    connection: TestBusConnection = this.bus.connect(),
  ): Promise<{ caches: Caches; connection: TestBusConnection }> {
    const caches = new Caches({ clock: this.time, bus: { bus: connection, ...QUICK_BUS }, ...options });
    this.#open.push(caches);
    await caches.open();
    return { caches, connection };
  }

  /** What comes of work that is done within 60 ms. */
  async take<T>(work: Promise<T>): Promise<T> {
    await this.time.advance(60);
    return work;
  }

  /** Closes all, and gives the process its own time back. */
  async end(): Promise<void> {
    const closing = this.#open.splice(0).map((caches) => caches.close());
    await this.time.advance(1_000);
    await Promise.all(closing);
    this.time.uninstall();
  }
}
