/** Small texts beside a body: the deadline, the trace context. Names in lower case. */
export type MessageHeaders = Readonly<Record<string, string>>;

/** A message as a driver hands it over; `body` is JSON text that no other receiver shares. */
export interface Message {
  readonly subject: string;
  readonly body: string;
  readonly headers: MessageHeaders;
}

/** A durable event as a driver hands it over. */
export interface EventMessage extends Message {
  readonly id: string;
  /** How often it was handed to this consumer, this time included; from 1. */
  readonly deliveries: number;
}

/** A durable event on its way out. */
export interface OutgoingEvent {
  /** At most 128 printable characters; the same id again is the same event. */
  readonly id: string;
  readonly subject: string;
  readonly body: string;
  readonly headers: MessageHeaders;
}

/** Sends the reply's body. Throws DomainError `message_too_large`; does nothing once the caller is gone. */
export type Respond = (body: string) => void;

/** Takes a message; `respond` is there when a reply is awaited. Must not throw. */
export type MessageHandler = (message: Message, respond?: Respond) => void;

/** What became of an event: `done`, or `poison` (no retry can help; it is set aside with this reason). */
export type EventOutcome = { readonly kind: 'done' } | { readonly kind: 'poison'; readonly reason: string };

/** Handles an event. A rejection means: deliver it again later. */
export type EventHandler = (event: EventMessage) => Promise<EventOutcome>;

export interface ConsumerOptions {
  /** The durable consumer's name; all replicas of a service share it. Letters, digits, `-`, `_`. */
  readonly consumer: string;
  readonly subject: string;
  /** How many events of this consumer are in the hands of this process at once. */
  readonly maxInFlight: number;
  /** Told what goes wrong outside of the handler, in words. */
  readonly onProblem?: (problem: string) => void;
}

/** Something that receives. */
export interface Receiver {
  /** Takes nothing new from the moment it is called; what was handed over before goes on. Never rejects. */
  stop(): Promise<void>;
}

export interface TransportRequestOptions {
  /** Above 0, in ms. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export type TransportStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/**
 * What messages travel over; one per service. Knows subjects, texts and headers, nothing of contracts. Each driver is held
 * to the suite in `@purser/messaging/testing`.
 *
 * - A request is delivered at most once, to one replica of each queue that serves its subject.
 * - Delivery is asynchronous: no handler runs before the sender's call has returned.
 * - Every rejection is a DomainError.
 */
export interface MessageTransport {
  /** The service's name: a queue, the owner of its event stream, the connection's name. */
  readonly name: string;
  readonly status: TransportStatus;
  /** Largest body in bytes; above it everything is refused with DomainError `message_too_large`. */
  readonly maxPayloadBytes: number;

  /** Connects once, whoever calls. Rejects with `unavailable` when it takes too long. */
  connect(): Promise<void>;
  /** Calls back on each change of `status`, and with what else goes wrong (`detail`); the result ends that. */
  onStatus(listener: (status: TransportStatus, detail?: string) => void): () => void;

  /**
   * The reply's body. Rejects with `unavailable` (nobody serves the subject, or no connection until the deadline),
   * `deadline_exceeded`, `cancelled` (by `signal`), `message_too_large`.
   */
  request(subject: string, body: string, headers: MessageHeaders, options: TransportRequestOptions): Promise<string>;
  /** To everybody who listens, at most once. Lost while there is no connection. Throws `message_too_large`. */
  publish(subject: string, body: string, headers: MessageHeaders): void;
  /** Receives a subject: with `queue`, one of its members gets each message; without, everyone does. */
  serve(subject: string, queue: string | undefined, handler: MessageHandler): Receiver;
  /** Resolves once everybody's messages reach what was served before. */
  flush(): Promise<void>;

  /** Resolves when all are durable; on a rejection each may or may not be. */
  publishEvents(events: readonly OutgoingEvent[]): Promise<void>;
  /** Receives durable events, also those from before, in the order of their first delivery. */
  consume(options: ConsumerOptions, handler: EventHandler): Promise<Receiver>;

  /** Stops receiving, lets everything out that was sent, closes. At most `deadlineMs`; never rejects. */
  close(deadlineMs?: number): Promise<void>;
}
