import { AsyncLocalStorage } from 'node:async_hooks';
import { DomainError } from '@purser/errors';
import { cancelled, deadlineExceeded, noResponders, refuseLarge } from '../../core/failures.ts';
import { StatusNotifier } from '../../core/status-notifier.ts';
import type {
  ConsumerOptions,
  EventHandler,
  MessageHandler,
  MessageHeaders,
  MessageTransport,
  OutgoingEvent,
  Receiver,
  TransportRequestOptions,
  TransportStatus,
} from '../../core/transport.ts';
import type { InProcessBroker } from './in-process-broker.ts';

/**
 * `handler` in the asynchronous context of now instead of its caller's: what a sender keeps in an AsyncLocalStorage (its
 * transaction, its request) must no more reach the handler than it would over a network.
 */
function detach<A extends unknown[], R>(handler: (...args: A) => R): (...args: A) => R {
  const here = AsyncLocalStorage.snapshot();
  return (...args) => here(handler, ...args);
}

/** One service's end of an {@link InProcessBroker}. */
export class InProcessTransport implements MessageTransport {
  readonly name: string;
  readonly #broker: InProcessBroker;
  readonly #status = new StatusNotifier();
  readonly #receivers = new Set<Receiver>();

  constructor(broker: InProcessBroker, name: string) {
    this.#broker = broker;
    this.name = name;
  }

  get status(): TransportStatus {
    return this.#status.value;
  }

  get maxPayloadBytes(): number {
    return this.#broker.maxPayloadBytes;
  }

  async connect(): Promise<void> {
    this.#refuseWhenClosed();
    this.#status.set('connected');
  }

  onStatus(listener: (status: TransportStatus, detail?: string) => void): () => void {
    return this.#status.listen(listener);
  }

  async request(
    subject: string,
    body: string,
    headers: MessageHeaders,
    { deadlineMs, signal }: TransportRequestOptions,
  ): Promise<string> {
    this.#refuseWhenClosed();
    if (signal?.aborted) throw cancelled(subject, signal);
    refuseLarge(subject, body, this.maxPayloadBytes);
    const subscribers = this.#broker.subscribers(subject);
    if (!subscribers) throw noResponders(subject);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(deadlineExceeded(subject, deadlineMs)), deadlineMs);
    const onAbort = (): void => reject(cancelled(subject, signal));
    signal?.addEventListener('abort', onAbort);
    subscribers.deliver({ subject, body, headers: { ...headers } }, (reply) => {
      refuseLarge(subject, reply, this.maxPayloadBytes);
      setImmediate(resolve, reply);
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  publish(subject: string, body: string, headers: MessageHeaders): void {
    refuseLarge(subject, body, this.maxPayloadBytes);
    if (this.status === 'closed') return;
    this.#broker.subscribers(subject)?.deliver({ subject, body, headers: { ...headers } });
  }

  serve(subject: string, queue: string | undefined, handler: MessageHandler): Receiver {
    this.#refuseWhenClosed();
    const subscribers = this.#broker.subject(subject);
    const detached = detach(handler);
    subscribers.add(queue, detached);
    return this.#receiver(() => subscribers.delete(queue, detached));
  }

  async flush(): Promise<void> {}

  async publishEvents(events: readonly OutgoingEvent[]): Promise<void> {
    this.#refuseWhenClosed();
    for (const event of events) refuseLarge(event.subject, event.body, this.maxPayloadBytes);
    const missing = this.#broker.expectedConsumers.find((name) => !this.#broker.events.has(name));
    if (missing !== undefined) {
      throw new DomainError('unavailable', `The consumer ${missing} has not started yet.`, { consumer: missing });
    }
    // One after the other: consumers see events in the order in which they were published.
    for (const event of events) {
      await new Promise((resolve) => setImmediate(resolve));
      await this.#broker.events.deliver({ ...event, headers: { ...event.headers } });
    }
  }

  async consume({ consumer, subject }: ConsumerOptions, handler: EventHandler): Promise<Receiver> {
    this.#refuseWhenClosed();
    const detached = detach(handler);
    this.#broker.events.add(subject, consumer, detached);
    return this.#receiver(() => this.#broker.events.delete(subject, consumer, detached));
  }

  async close(): Promise<void> {
    for (const receiver of this.#receivers) await receiver.stop();
    this.#status.set('closed');
  }

  #receiver(remove: () => void): Receiver {
    const receiver: Receiver = {
      stop: async () => {
        remove();
        this.#receivers.delete(receiver);
      },
    };
    this.#receivers.add(receiver);
    return receiver;
  }

  #refuseWhenClosed(): void {
    if (this.status !== 'closed') return;
    throw new DomainError('unavailable', `The messages of ${this.name} are closed.`, { service: this.name });
  }
}
