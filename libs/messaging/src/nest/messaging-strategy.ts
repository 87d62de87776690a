import { Logger } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { DomainError } from '@purser/errors';
import { encodeError } from '../core/envelope.ts';
import { InFlight } from '../core/in-flight.ts';
import { callerHeader } from '../core/message-context.ts';
import type { EventMessage, EventOutcome, Message, MessageTransport, Receiver, Respond } from '../core/transport.ts';
import type { Binding } from './decorators.ts';
import { MessageWork } from './message-work.ts';

/**
 * Says whether a request may be handled: undefined, or what to answer instead. Called for every request before its body is
 * read, so it must be quick, and must not throw.
 *
 * @param caller the service that asks; undefined where it doesn't say
 */
export type AdmitMessage = (caller: string | undefined, subject: string) => DomainError | undefined;

export interface MessagingStrategyOptions {
  /** Messages in work at once; requests beyond it are answered `unavailable`, publishes are dropped. Default 1 024. */
  readonly maxInFlight?: number;
  /** How long the handler of a durable event may take before the event counts as failed. Default 20 000. */
  readonly eventTimeoutMs?: number;
  /** Default: every request is handled. */
  readonly admit?: AdmitMessage;
}

/**
 * Lets ordinary Nest controllers receive from a {@link MessageTransport}: `@Handles`, `@Listens`, `@Consumes`, and plain
 * `@MessagePattern` and `@EventPattern` (as a request and as a publish, without a schema).
 *
 * Shutting down loses no message in work if done in this order: {@link stopAccepting}, {@link idle}, {@link disconnect}.
 */
export class MessagingStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger('Messaging');
  // Failures of event handlers come back to us, who log them once and decide on redelivery.
  override readonly propagatesEventHandlerErrors = true;
  readonly #transport: MessageTransport;
  readonly #work: MessageWork;
  readonly #messages: InFlight;
  readonly #events = new InFlight(Infinity);
  readonly #admit: AdmitMessage | undefined;
  #receivers: Receiver[] = [];

  constructor(transport: MessageTransport, options: MessagingStrategyOptions = {}) {
    super();
    this.#transport = transport;
    this.#messages = new InFlight(options.maxInFlight ?? 1_024);
    this.#admit = options.admit;
    this.#work = new MessageWork(this.logger, options.eventTimeoutMs ?? 20_000);
  }

  /** Messages and events in work. */
  get inFlight(): number {
    return this.#messages.count + this.#events.count;
  }

  /** @throws Error for a subject that two methods handle: Nest would silently keep the last. */
  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    isEventHandler = false,
    extras?: Record<string, unknown>,
  ): void {
    const subject = this.normalizePattern(pattern as string);
    const known = this.messageHandlers.get(subject);
    const shareable = isEventHandler && known?.isEventHandler && bindingOf(handler, extras)?.type !== 'event';
    if (known && !shareable) throw new Error(`Two handlers are declared for ${subject}; one is allowed.`);
    super.addHandler(pattern, handler, isEventHandler, extras);
  }

  /** Connects and begins to receive; called by Nest. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.#transport.connect();
      for (const [subject, handler] of this.messageHandlers)
        this.#receivers.push(await this.#receive(subject, handler));
      await this.#transport.flush();
      callback();
    } catch (error) {
      await this.stopAccepting();
      callback(error);
    }
  }

  /** Takes no new message from now on; those in work go on. */
  async stopAccepting(): Promise<void> {
    const receivers = this.#receivers;
    this.#receivers = [];
    await Promise.all(receivers.map((receiver) => receiver.stop()));
  }

  /** Whether everything in work was done before `deadlineMs` had passed. */
  async idle(deadlineMs: number): Promise<boolean> {
    const done = await Promise.all([this.#messages.idle(deadlineMs), this.#events.idle(deadlineMs)]);
    return done.every(Boolean);
  }

  /** Lets everything out that was sent and closes the service's transport. */
  disconnect(deadlineMs?: number): Promise<void> {
    return this.#transport.close(deadlineMs);
  }

  /** Called by Nest when the app closes. The transport stays: others close after this and may still send. */
  close(): Promise<void> {
    return this.stopAccepting();
  }

  on(): void {
    throw new Error('Listen to the transport itself: transport.onStatus().');
  }

  unwrap<T>(): T {
    return this.#transport as T;
  }

  #receive(subject: string, handler: MessageHandler): Receiver | Promise<Receiver> {
    const binding = bindingOf(handler, handler.extras as Record<string, unknown> | undefined);
    if (binding?.type === 'event') return this.#consume(handler, binding);
    const queue = handler.isEventHandler ? undefined : this.#transport.name;
    return this.#transport.serve(subject, queue, (message, respond) => {
      // Publishes and events are nobody's requests: what tells of a change must not be lost to a limit.
      const refusal = respond && this.#admit?.(message.headers[callerHeader], message.subject);
      if (refusal) return respond(encodeError(refusal));
      if (!this.#messages.enter()) return this.#overloaded(message, respond);
      void this.#work.message(handler, binding, message, respond).finally(() => this.#messages.leave());
    });
  }

  #consume(handler: MessageHandler, binding: Binding & { type: 'event' }): Promise<Receiver> {
    const { consumer, maxInFlight, contract } = binding;
    const onProblem = (problem: string): void => this.logger.warn(`Consumer ${consumer}: ${problem}`);
    const options = { consumer, subject: contract.subject, maxInFlight, onProblem };
    return this.#transport.consume(options, async (event: EventMessage): Promise<EventOutcome> => {
      this.#events.enter();
      try {
        return await this.#work.event(handler, binding, event);
      } finally {
        this.#events.leave();
      }
    });
  }

  #overloaded(message: Message, respond?: Respond): void {
    const details = { subject: message.subject };
    respond?.(encodeError(new DomainError('unavailable', 'Too many messages are being handled already.', details)));
  }
}

/** The strategy for `app.connectMicroservice({ strategy })`: the controllers of the app receive from `transport`. */
export function messagingStrategy(transport: MessageTransport, options?: MessagingStrategyOptions): MessagingStrategy {
  return new MessagingStrategy(transport, options);
}

function bindingOf(_handler: MessageHandler, extras: Record<string, unknown> | undefined): Binding | undefined {
  return extras?.['binding'] as Binding | undefined;
}
