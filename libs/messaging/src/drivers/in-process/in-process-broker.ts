import { Subscribers } from './subscribers.ts';
import { EventConsumers } from './event-consumers.ts';
import { InProcessTransport } from './in-process-transport.ts';
import type { MessageTransport } from '../../core/transport.ts';

export interface InProcessBrokerOptions {
  /** Largest body in bytes. Default 1 MiB, as a NATS server's: what is too large there must not work here. */
  readonly maxPayloadBytes?: number;
  /**
   * Durable consumers that must have been here before any event counts as published. Without it, a consumer whose service
   * starts after an event's publisher misses what was published before. Default: none.
   */
  readonly consumers?: readonly string[];
}

/** Joins the services of one process: what NATS is to several. Payloads pass through JSON text all the same. */
export class InProcessBroker {
  readonly maxPayloadBytes: number;
  readonly expectedConsumers: readonly string[];
  readonly events = new EventConsumers();
  readonly #subjects = new Map<string, Subscribers>();

  constructor(options: InProcessBrokerOptions = {}) {
    this.maxPayloadBytes = options.maxPayloadBytes ?? 1_048_576;
    this.expectedConsumers = options.consumers ?? [];
  }

  /** A service's own transport; closing it leaves the others alone. */
  transport(name = 'in-process'): MessageTransport {
    return new InProcessTransport(this, name);
  }

  /** Who receives `subject`; undefined when nobody does. */
  subscribers(subject: string): Subscribers | undefined {
    const found = this.#subjects.get(subject);
    return found?.empty === false ? found : undefined;
  }

  /** The place to add receivers of `subject`. */
  subject(subject: string): Subscribers {
    const found = this.#subjects.get(subject) ?? new Subscribers();
    this.#subjects.set(subject, found);
    return found;
  }
}
