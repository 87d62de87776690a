import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { DomainError } from '@purser/errors';

/** How much is kept of events, consumed or not. */
export interface EventRetention {
  /** Default 7 days. */
  readonly maxAgeMs?: number;
  /** Default 1 GiB. Beyond it the oldest events go. */
  readonly maxBytes?: number;
  /** Copies in a cluster; 1 to 5. Default 1. */
  readonly replicas?: number;
}

const day = 86_400_000;
const streamNameInUse = 10_058;
const deadLetters = { name: 'PURSER_DEAD_LETTERS', subject: 'purser.dead-letters' };
/** How long JetStream waits for an ack before it delivers again, to whichever replica asks. */
const ackWaitMs = 30_000;

/**
 * One stream per service that publishes events: `budget.usage.settled` is kept in `PURSER_BUDGET`. A stream lists the exact
 * subjects of events: a wildcard would also catch the service's requests, and answer them with JetStream's own ack.
 */
export class EventStreams {
  readonly #connection: NatsConnection;
  readonly #service: string;
  readonly #retention: EventRetention;
  readonly #ensured = new Map<string, Promise<string>>();
  #manager: Promise<JetStreamManager> | undefined;

  constructor(connection: NatsConnection, service: string, retention: EventRetention) {
    this.#connection = connection;
    this.#service = service;
    this.#retention = retention;
  }

  /** Makes sure that events of `subject` are kept; gives the stream's name. Rejects with `unavailable`. */
  ensure(subject: string): Promise<string> {
    return this.#once(subject, () => this.#ensureStream(streamOf(subject), subject, this.#limits()));
  }

  /** The subject under which `consumer` sets an event aside; kept for 30 days, at most 64 MiB of them. */
  async deadLetterSubject(consumer: string): Promise<string> {
    const { name, subject } = deadLetters;
    const limits = { max_age: nanos(30 * day), max_bytes: 2 ** 26, num_replicas: this.#retention.replicas ?? 1 };
    await this.#once(name, () => this.#ensureStream(name, `${subject}.*`, limits));
    return `${subject}.${consumer}`;
  }

  /** Makes sure that the durable consumer is there; a new one begins with the oldest event that is kept. */
  async ensureConsumer(stream: string, durable: string, subject: string): Promise<void> {
    const manager = await this.#managed();
    const wanted: Partial<ConsumerConfig> = {
      durable_name: durable,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ackWaitMs),
      max_deliver: -1,
      // Events that wait for another attempt count here: far more than are in work at once, so that they block nobody.
      max_ack_pending: 1_000,
    };
    const found = await manager.consumers.info(stream, durable).catch(unlessCode(JetStreamApiCodes.ConsumerNotFound));
    if (!found) await manager.consumers.add(stream, wanted);
    else if (differs(found.config, { ack_wait: wanted.ack_wait, max_ack_pending: wanted.max_ack_pending })) {
      await manager.consumers.update(stream, durable, wanted);
    }
  }

  /** Looks again next time: the server may have been set up anew. */
  forget(): void {
    this.#ensured.clear();
  }

  #once(key: string, ensure: () => Promise<string>): Promise<string> {
    const known = this.#ensured.get(key);
    if (known) return known;
    const ensured = ensure().catch((error: unknown) => {
      this.#ensured.delete(key);
      throw unavailable(error);
    });
    this.#ensured.set(key, ensured);
    return ensured;
  }

  async #ensureStream(name: string, subject: string, limits: Partial<StreamConfig>): Promise<string> {
    const { streams } = await this.#managed();
    const owned = name === streamOf(this.#service);
    // Replicas may do the same at the same time, each with its own subject: look again until ours has stayed.
    for (let attempt = 0; attempt < 10; attempt++) {
      const found: StreamInfo | undefined = await streams
        .info(name)
        .catch(unlessCode(JetStreamApiCodes.StreamNotFound));
      if (!found) {
        await streams.add({ name, subjects: [subject], ...fixed, ...limits }).catch(unlessCode(streamNameInUse));
        continue;
      }
      const { config } = found;
      const missing = !config.subjects.includes(subject);
      // Limits are the publishing service's to set; whoever merely consumes has other settings, if any.
      const outdated = owned && differs(config, limits);
      if (!missing && !outdated) return name;
      const subjects = missing ? [...config.subjects, subject] : config.subjects;
      await streams.update(name, { ...config, ...(outdated ? limits : {}), subjects });
    }
    throw new Error(`the stream ${name} keeps being changed by others`);
  }

  #limits(): Partial<StreamConfig> {
    const { maxAgeMs = 7 * day, maxBytes = 2 ** 30, replicas = 1 } = this.#retention;
    return { max_age: nanos(maxAgeMs), max_bytes: maxBytes, num_replicas: replicas };
  }

  #managed(): Promise<JetStreamManager> {
    // checkAPI would ask for the account's state each time; the first real call says as much.
    this.#manager ??= jetstreamManager(this.#connection, { checkAPI: false, timeout: 5_000 });
    return this.#manager;
  }
}

const fixed: Partial<StreamConfig> = {
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  duplicate_window: nanos(120_000),
};

/** The stream that keeps the events of a service, from one of its subjects. */
export function streamOf(subject: string): string {
  const [service = ''] = subject.split('.');
  return `PURSER_${service.toUpperCase().replaceAll(/[^A-Z\d]/g, '_')}`;
}

/** What JetStream can't do right now, as a DomainError. */
export function unavailable(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DomainError('unavailable', `JetStream does not keep events right now: ${reason}.`, {}, { cause: error });
}

function differs<T extends object>(found: T, wanted: Partial<T>): boolean {
  return (Object.keys(wanted) as (keyof T)[]).some((key) => found[key] !== wanted[key]);
}

function unlessCode(code: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  };
}
