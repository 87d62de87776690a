import { jetstream } from '@nats-io/jetstream';
import { errors, type Msg, type NatsConnection as Connection } from '@nats-io/transport-node';
import { DomainError } from '@purser/errors';
import { cancelled, deadlineExceeded, noResponders, refuseLarge } from '../../core/failures.ts';
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
import { EventStreams, unavailable, type EventRetention } from './event-streams.ts';
import { NatsConnection, within } from './nats-connection.ts';
import { NatsEventConsumer } from './nats-event-consumer.ts';
import { fromNats, toNats } from './nats-headers.ts';

export interface NatsTransportOptions {
  /** `nats://[user:password@|token@]host[:port]` or `tls://…`, one or more, with commas between or as a list. */
  readonly servers: string | readonly string[];
  /** The service's name. */
  readonly name: string;
  /** How long the first connection is tried for. Default 30 000. */
  readonly connectTimeoutMs?: number;
  /** How much of this service's events is kept. */
  readonly events?: EventRetention;
}

/** Room that a message's headers take of the server's max_payload. */
const headerBytes = 2_048;
const publishTimeoutMs = 5_000;

/** Messages over NATS 2.9 or newer; durable events need JetStream. */
export function natsTransport(options: NatsTransportOptions): MessageTransport {
  return new NatsTransport(options);
}

class NatsTransport implements MessageTransport {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #retention: EventRetention;
  readonly #receivers = new Set<Receiver>();
  readonly #consumers = new Set<NatsEventConsumer>();
  readonly #waiting = new Set<(error: DomainError) => void>();
  #streams: EventStreams | undefined;

  constructor({ servers, name, connectTimeoutMs = 30_000, events = {} }: NatsTransportOptions) {
    this.name = name;
    this.#retention = events;
    this.#connection = new NatsConnection({ servers, name, connectTimeoutMs });
    let last: TransportStatus = this.status;
    this.#connection.status.listen((status) => {
      if (status !== 'connected') this.#failWaiting();
      else if (last === 'reconnecting') for (const consumer of this.#consumers) consumer.restart();
      last = status;
    });
  }

  get status(): TransportStatus {
    return this.#connection.status.value;
  }

  get maxPayloadBytes(): number {
    return (this.#connection.current?.info?.max_payload ?? 1_048_576) - headerBytes;
  }

  async connect(): Promise<void> {
    await this.#connection.connect();
  }

  onStatus(listener: (status: TransportStatus, detail?: string) => void): () => void {
    return this.#connection.status.listen(listener);
  }

  async request(
    subject: string,
    body: string,
    headers: MessageHeaders,
    { deadlineMs, signal }: TransportRequestOptions,
  ): Promise<string> {
    if (signal?.aborted) throw cancelled(subject, signal);
    const startedAt = performance.now();
    const connection = await this.#connection.up(deadlineMs, signal).catch((error: unknown) => {
      throw signal?.aborted ? cancelled(subject, signal) : error;
    });
    refuseLarge(subject, body, this.maxPayloadBytes);
    const timeout = Math.max(1, deadlineMs - (performance.now() - startedAt));
    const reply = connection.request(subject, body, { timeout, headers: toNats(headers) }).then(
      (message) => message.string(),
      (error: unknown) => {
        throw failureOf(subject, deadlineMs, error);
      },
    );
    return this.#unlessLost(reply, subject, signal);
  }

  publish(subject: string, body: string, headers: MessageHeaders): void {
    refuseLarge(subject, body, this.maxPayloadBytes);
    const { current } = this.#connection;
    // Not kept for later: what was published is about now. A connection that is being drained would throw.
    if (this.status !== 'connected' || !current || current.isDraining()) return;
    current.publish(subject, body, { headers: toNats(headers) });
  }

  async flush(): Promise<void> {
    const connection = await this.#connection.up(publishTimeoutMs);
    await connection.flush().catch((error: unknown) => {
      throw unavailable(error);
    });
  }

  serve(subject: string, queue: string | undefined, handler: MessageHandler): Receiver {
    const subscription = this.#live().subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (!error) handler(...this.#received(message));
      },
    });
    // unsubscribe() would drop what the server has already sent us; drain() still hands it over.
    return this.#receiver(async () => subscription.drain().catch(() => undefined));
  }

  async publishEvents(events: readonly OutgoingEvent[]): Promise<void> {
    const connection = await this.#connection.up(publishTimeoutMs);
    const streams = this.#eventStreams(connection);
    for (const { subject, body } of events) {
      refuseLarge(subject, body, this.maxPayloadBytes);
      await streams.ensure(subject);
    }
    const client = jetstream(connection, { timeout: publishTimeoutMs });
    const stored = Promise.allSettled(
      events.map(({ id, subject, body, headers }) =>
        client.publish(subject, body, { msgID: id, headers: toNats(headers) }),
      ),
    );
    const failed = (await this.#unlessLost(stored, 'JetStream')).find((result) => result.status === 'rejected');
    if (!failed) return;
    // The stream may have been lost with the server's disk; it is looked for anew before the next attempt.
    streams.forget();
    throw unavailable(failed.reason);
  }

  async consume(options: ConsumerOptions, handler: EventHandler): Promise<Receiver> {
    const connection = this.#live();
    const consumer = new NatsEventConsumer(connection, this.#eventStreams(connection), options, handler);
    await consumer.start();
    this.#consumers.add(consumer);
    return this.#receiver(() => {
      this.#consumers.delete(consumer);
      return consumer.stop();
    });
  }

  async close(deadlineMs = 5_000): Promise<void> {
    const startedAt = performance.now();
    await within(deadlineMs, Promise.all([...this.#receivers].map((receiver) => receiver.stop())));
    await this.#connection.close(Math.max(1, deadlineMs - (performance.now() - startedAt)));
  }

  #received(message: Msg): Parameters<MessageHandler> {
    const { subject, reply } = message;
    const received = { subject, body: message.string(), headers: fromNats(message.headers) };
    if (!reply) return [received];
    const respond = (body: string): void => {
      refuseLarge(subject, body, this.maxPayloadBytes);
      // Once the connection is closed, nobody can be told any more; the caller's deadline tells it.
      if (this.status !== 'closed') message.respond(body);
    };
    return [received, respond];
  }

  #receiver(stop: () => Promise<void>): Receiver {
    const receiver: Receiver = {
      stop: async () => {
        this.#receivers.delete(receiver);
        await stop();
      },
    };
    this.#receivers.add(receiver);
    return receiver;
  }

  /**
   * `answer`, unless the connection is lost or `signal` aborted before it comes: an answer may have been lost with the
   * connection, and the caller learns it now instead of at its deadline.
   */
  async #unlessLost<T>(answer: Promise<T>, subject: string, signal?: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = (): void => reject(cancelled(subject, signal));
    this.#waiting.add(reject);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    answer.then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#waiting.delete(reject);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #failWaiting(): void {
    const error = new DomainError('unavailable', 'The connection to NATS was lost while an answer was awaited.');
    for (const reject of this.#waiting) reject(error);
  }

  #eventStreams(connection: Connection): EventStreams {
    this.#streams ??= new EventStreams(connection, this.name, this.#retention);
    return this.#streams;
  }

  #live(): Connection {
    const { current } = this.#connection;
    if (current && this.status !== 'closed') return current;
    throw new DomainError('unavailable', `The messages of ${this.name} are not connected.`, { service: this.name });
  }
}

function failureOf(subject: string, deadlineMs: number, error: unknown): DomainError {
  const cause = error instanceof errors.RequestError ? error.cause : error;
  if (cause instanceof errors.NoRespondersError) return noResponders(subject, error);
  if (error instanceof errors.TimeoutError) return deadlineExceeded(subject, deadlineMs, error);
  return new DomainError('unavailable', `${subject} could not be asked.`, { subject }, { cause: error });
}
