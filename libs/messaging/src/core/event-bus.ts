import type { EventContract, PayloadOf } from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';
import { encode } from './envelope.ts';
import { refuseLarge } from './failures.ts';
import { outgoingHeaders } from './message-context.ts';
import type { MessageTransport } from './transport.ts';

/** An event to publish. `id` names it for ever: the same id again is the same event. */
export interface DomainEvent<C extends Pick<EventContract, 'subject'> = Pick<EventContract, 'subject'>> {
  readonly id: string;
  readonly contract: C;
  readonly payload: C extends EventContract ? PayloadOf<C> : unknown;
}

/** Largest payload of an event: what the smallest transport carries (NATS' default max_payload, less its headers). */
const maxEventBytes = 1_046_528;

/**
 * An event with a new id (UUID version 7) unless one is given.
 *
 * @throws DomainError `message_too_large`, or `internal` for what JSON can't carry: here, in the transaction that would
 * add it, and not in the outbox, where it would hold up all that follow
 */
export function newEvent<C extends EventContract>(contract: C, payload: PayloadOf<C>, id = uuidv7()): DomainEvent<C> {
  eventBody(contract, payload);
  // The conditional type of `payload` is not resolved for a C that is still open.
  return { id, contract, payload } as DomainEvent<C>;
}

/**
 * The payload of an event as JSON text, for an outbox that keeps it as such.
 *
 * @throws DomainError as {@link newEvent}
 */
export function eventBody<C extends EventContract>(contract: C, payload: PayloadOf<C>): string {
  const body = encode(payload);
  refuseLarge(contract.subject, body, maxEventBytes);
  return body;
}

/** Publishes events that must not be lost. From `MessagingModule`. */
export class EventBus {
  readonly #transport: MessageTransport;

  constructor(transport: MessageTransport) {
    this.#transport = transport;
  }

  /**
   * Resolves when every event is durable: stored by JetStream, or, in one process, handled by each of its consumers.
   * On a rejection (a DomainError, mostly `unavailable`) each event may or may not be: publish them again under the same
   * ids. Services that write rows as well publish through the outbox instead.
   */
  async publish(events: readonly DomainEvent[]): Promise<void> {
    const headers = outgoingHeaders();
    await this.#transport.publishEvents(
      events.map(({ id, contract, payload }) => ({ id, subject: contract.subject, body: encode(payload), headers })),
    );
  }
}
