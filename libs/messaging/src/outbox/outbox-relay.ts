import { Logger } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import type { EventBus } from '../core/event-bus.ts';
import type { OutboxEvent, OutboxStore } from './outbox-store.ts';

export interface OutboxRelayOptions {
  readonly store: OutboxStore;
  readonly bus: EventBus;
  /** Events in one transaction of the store. Default 100. */
  readonly batchSize?: number;
  /** How long an event waits at most when no {@link OutboxRelay.nudge} told of it. Default 500. */
  readonly pollIntervalMs?: number;
  /** Longest pause between attempts while the store or the bus is away. Default 5 000. */
  readonly maxBackoffMs?: number;
}

/**
 * Publishes what a service's outbox holds, in order, at least once. Start it when the app is up, `nudge()` it after each
 * commit that added an event, `stop()` it in the drain. Every replica runs one; the store lets one at a time through.
 */
export class OutboxRelay {
  readonly #logger = new Logger('OutboxRelay');
  readonly #options: Required<OutboxRelayOptions>;
  #running: Promise<void> | undefined;
  #stopping = false;
  #abandoned = false;
  #nudged = false;
  #wake: () => void = () => undefined;
  #failures = 0;

  constructor(options: OutboxRelayOptions) {
    this.#options = { batchSize: 100, pollIntervalMs: 500, maxBackoffMs: 5_000, ...options };
  }

  /** Begins; a second call changes nothing. */
  start(): void {
    if (this.#running || this.#stopping) return;
    this.#running = this.#run();
  }

  /** There may be something to publish: looks at once, or again after the batch under way. */
  nudge(): void {
    this.#nudged = true;
    // While the bus is away, each commit would otherwise be one more attempt.
    if (this.#failures === 0) this.#wake();
  }

  /** Publishes what is there and ends. Resolves when done or after `deadlineMs`; what is left waits for the next start. */
  async stop(deadlineMs = 5_000): Promise<void> {
    this.#stopping = true;
    this.#wake();
    if (!this.#running) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    await Promise.race([this.#running, promise]);
    clearTimeout(timer);
    this.#abandoned = true;
  }

  async #run(): Promise<void> {
    while (!this.#abandoned) {
      // Read before the batch: what was committed before stop() is still looked for once.
      const last = this.#stopping;
      this.#nudged = false;
      const published = await this.#publishBatch();
      if (published === this.#options.batchSize) continue;
      if (last) return;
      const more = this.#nudged && published !== 'failed';
      if (!more && !this.#stopping) await this.#pause();
    }
  }

  async #publishBatch(): Promise<number | 'failed'> {
    const { store, bus, batchSize } = this.#options;
    try {
      const published = await store.takeBatch(batchSize, (events) => bus.publish(events.map(toDomainEvent)));
      this.#failures = 0;
      return published;
    } catch (error) {
      // Said once, and every minute or so: an outage is one event, not one line per attempt.
      if (this.#failures % 20 === 0) this.#logger.warn(`Events wait in the outbox: ${describe(error)}`);
      this.#failures += 1;
      return 'failed';
    }
  }

  #pause(): Promise<void> {
    const { pollIntervalMs, maxBackoffMs } = this.#options;
    const ms = this.#failures === 0 ? pollIntervalMs : Math.min(maxBackoffMs, 50 * 2 ** Math.min(this.#failures, 16));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function toDomainEvent({ id, subject, payload }: OutboxEvent) {
  return { id, contract: { subject }, payload };
}

function describe(error: unknown): string {
  return error instanceof DomainError
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
}
