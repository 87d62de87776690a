import { jetstream } from '@nats-io/jetstream';
import { createInbox, nanos, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import type { ConsumerOptions, EventHandler, EventMessage, Receiver } from '../../core/transport.ts';
import { deliveryOf, type Delivery } from './delivery.ts';
import type { EventStreams } from './event-streams.ts';
import { toNats } from './nats-headers.ts';

const maxBackoffMs = 30_000;
/** How long one request for events stays with the server. */
const expiresMs = 30_000;

/**
 * One replica of a durable pull consumer: asks for as many events as it has free hands, acknowledges each after its
 * handler, and lets a failed one come back later, so that it holds up none of the others.
 *
 * It speaks the pull protocol itself: the client library's consumer fetches ahead, and what it has fetched when it is
 * closed reaches nobody before the ack wait is over, which would delay events at each rolling restart.
 */
export class NatsEventConsumer implements Receiver {
  readonly #connection: NatsConnection;
  readonly #streams: EventStreams;
  readonly #options: ConsumerOptions;
  readonly #handler: EventHandler;
  readonly #durable: string;
  #requestSubject = '';
  #subscription: Subscription | undefined;
  /** Events that were asked for and have not come yet; one request at a time. */
  #awaited = 0;
  #busy = 0;
  #failures = 0;
  #stopped = false;
  #starting = false;
  /** The next look at a request that nobody answers, or the next attempt after a failure. */
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: NatsConnection, streams: EventStreams, options: ConsumerOptions, handler: EventHandler) {
    this.#connection = connection;
    this.#streams = streams;
    this.#options = options;
    this.#handler = handler;
    this.#durable = `${options.consumer}-${options.subject.replaceAll('.', '_')}`;
  }

  /** Resolves once the durable consumer exists and events are asked for. */
  async start(): Promise<void> {
    const { subject } = this.#options;
    const stream = await this.#streams.ensure(subject);
    await this.#streams.ensureConsumer(stream, this.#durable, subject);
    if (this.#stopped) return;
    this.#requestSubject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#durable}`;
    // A new inbox each time: a request from before a reconnect may still be with the server, and is not counted here.
    this.#subscription?.unsubscribe();
    this.#awaited = 0;
    this.#subscription = this.#connection.subscribe(createInbox(), {
      callback: (error, message) => {
        if (error) this.#recover(error.message);
        else this.#received(message);
      },
    });
    this.#ask();
  }

  /** Asks and starts anew at once: what was asked for before is void. For when the connection is back. */
  restart(): void {
    this.#failures = 0;
    void this.#startAgain();
  }

  /** What arrives until the server has heard of it is given back at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#subscription?.drain().catch(() => undefined);
  }

  #ask(): void {
    const batch = this.#options.maxInFlight - this.#busy;
    if (this.#stopped || this.#awaited > 0 || batch <= 0 || this.#connection.isClosed()) return;
    this.#awaited = batch;
    const request = JSON.stringify({ batch, expires: nanos(expiresMs) });
    this.#connection.publish(this.#requestSubject, request, { reply: this.#subscription?.getSubject() });
    this.#after(expiresMs + 5_000, () => this.#recover('JetStream does not answer'));
  }

  #received(message: Msg): void {
    const delivery = deliveryOf(message);
    if (!delivery) return this.#status(message.headers?.code ?? 0, message.headers?.description ?? '');
    this.#awaited -= 1;
    if (this.#awaited === 0) clearTimeout(this.#timer);
    if (this.#stopped) return delivery.nak(0);
    this.#failures = 0;
    void this.#handle(delivery);
    this.#ask();
  }

  /** The request is over: it has expired (404, 408), or the consumer is gone, the leader moved, JetStream is away. */
  #status(code: number, description: string): void {
    if (code === 100) return;
    this.#awaited = 0;
    if (code === 404 || code === 408) this.#ask();
    else this.#recover(description || `status ${code}`);
  }

  async #handle(delivery: Delivery): Promise<void> {
    this.#busy += 1;
    const { event } = delivery;
    try {
      const outcome = await this.#handler(event);
      if (outcome.kind === 'poison') await this.#setAside(event, outcome.reason);
      this.#answer(() => delivery.ack());
    } catch {
      // The handler's own failure is logged where it is known what it was.
      this.#answer(() => delivery.nak(retryInMs(event.deliveries)));
    }
    this.#busy -= 1;
    this.#ask();
  }

  /** Unanswered, the event comes again after the ack wait. */
  #answer(send: () => void): void {
    if (!this.#connection.isClosed()) send();
  }

  async #setAside(event: EventMessage, reason: string): Promise<void> {
    const { consumer } = this.#options;
    const headers = toNats({
      'purser-subject': event.subject,
      'purser-event-id': event.id,
      'purser-reason': reason.replaceAll(/\s+/g, ' ').slice(0, 500),
    });
    try {
      const subject = await this.#streams.deadLetterSubject(consumer);
      await jetstream(this.#connection).publish(subject, event.body, { msgID: `${consumer}:${event.id}`, headers });
    } catch (error) {
      this.#options.onProblem?.(`event ${event.id} can't be set aside yet: ${(error as Error).message}`);
      throw error;
    }
  }

  #recover(problem: string): void {
    this.#options.onProblem?.(`${this.#options.subject} can't be consumed: ${problem}`);
    this.#after(Math.min(maxBackoffMs, 100 * 2 ** Math.min(this.#failures++, 10)), () => void this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    if (this.#starting || this.#stopped) return;
    this.#starting = true;
    try {
      this.#streams.forget();
      await this.start();
    } catch (error) {
      this.#recover((error as Error).message);
    } finally {
      this.#starting = false;
    }
  }

  #after(ms: number, next: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(next, ms);
  }
}

/** 100 ms, doubled with each delivery, up to 30 s; less up to a quarter, so that what failed together does not return together. */
function retryInMs(deliveries: number): number {
  return Math.min(maxBackoffMs, 100 * 2 ** Math.min(deliveries - 1, 10)) * (1 - Math.random() / 4);
}
