import { DomainError } from '@purser/errors';
import type { EventHandler, OutgoingEvent } from '../../core/transport.ts';

/** The replicas of one durable consumer of one subject. Without any it is away, but not forgotten. */
interface Consumer {
  readonly members: EventHandler[];
  next: number;
  /** Failed deliveries in a row, by event id. */
  readonly failures: Map<string, number>;
}

const maxRemembered = 10_000;

/**
 * Durable events without a broker to keep them: an event counts as published once each consumer has handled it, so the
 * publisher's outbox is what keeps it until then. A consumer that was here once and has stopped makes publishing fail;
 * otherwise it would miss events while its service stops before the publisher's.
 */
export class EventConsumers {
  readonly #bySubject = new Map<string, Map<string, Consumer>>();

  add(subject: string, name: string, handler: EventHandler): void {
    const consumers = this.#bySubject.get(subject) ?? new Map<string, Consumer>();
    this.#bySubject.set(subject, consumers);
    const consumer = consumers.get(name) ?? { members: [], next: 0, failures: new Map<string, number>() };
    consumers.set(name, consumer);
    consumer.members.push(handler);
  }

  delete(subject: string, name: string, handler: EventHandler): void {
    const members = this.#bySubject.get(subject)?.get(name)?.members;
    const index = members?.indexOf(handler) ?? -1;
    if (index >= 0) members?.splice(index, 1);
  }

  has(name: string): boolean {
    return [...this.#bySubject.values()].some((consumers) => consumers.has(name));
  }

  /** Resolves once every consumer has handled `event`; rejects with the first failure. */
  async deliver(event: OutgoingEvent): Promise<void> {
    const consumers = this.#bySubject.get(event.subject);
    if (!consumers) throw away(event, 'nobody');
    const results = await Promise.allSettled([...consumers].map(([name, consumer]) => hand(event, name, consumer)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw DomainError.from(failed.reason);
  }
}

async function hand(event: OutgoingEvent, name: string, consumer: Consumer): Promise<void> {
  const member = consumer.members[consumer.next % Math.max(1, consumer.members.length)];
  if (!member) throw away(event, name);
  consumer.next = (consumer.next + 1) % consumer.members.length;
  const failed = consumer.failures.get(event.id) ?? 0;
  try {
    await member({ ...event, deliveries: failed + 1 });
    consumer.failures.delete(event.id);
  } catch (error) {
    if (consumer.failures.size >= maxRemembered) consumer.failures.clear();
    consumer.failures.set(event.id, failed + 1);
    throw error;
  }
}

function away(event: OutgoingEvent, consumer: string): DomainError {
  const message =
    consumer === 'nobody'
      ? `Nobody consumes ${event.subject} in this process yet.`
      : `The consumer ${consumer} of ${event.subject} has stopped.`;
  return new DomainError('unavailable', message, { subject: event.subject });
}
