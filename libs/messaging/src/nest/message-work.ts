import type { LoggerService } from '@nestjs/common';
import type { MessageHandler } from '@nestjs/microservices';
import { validate } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { isObservable, lastValueFrom } from 'rxjs';
import { decode, encodeError, encodeResponse } from '../core/envelope.ts';
import { withContextOf } from '../core/message-context.ts';
import type { EventMessage, EventOutcome, Message, Respond } from '../core/transport.ts';
import type { Binding } from './decorators.ts';
import { MessageDetails } from './message-details.ts';

/** Failures in a row, of an event that no retry can help, after which it is set aside. */
const poisonAfter = 1_000;

/** Turns one received message into one call of a Nest handler, and what comes of it into a reply, a log line, an outcome. */
export class MessageWork {
  readonly #logger: LoggerService;
  readonly #eventTimeoutMs: number;

  constructor(logger: LoggerService, eventTimeoutMs: number) {
    this.#logger = logger;
    this.#eventTimeoutMs = eventTimeoutMs;
  }

  /** Handles a request or a publish. Never rejects. */
  async message(handler: MessageHandler, binding: Binding | undefined, message: Message, respond?: Respond) {
    try {
      const answer = await call(handler, payloadOf(binding, message), message);
      respond?.(encodeResponse(answer));
    } catch (error) {
      this.#failed(message, error, respond);
    }
  }

  /** Handles a durable event; rejects when it shall come again. */
  async event(handler: MessageHandler, binding: Binding, event: EventMessage): Promise<EventOutcome> {
    try {
      const payload = payloadOf(binding, event);
      await this.#bounded(event, call(handler, payload, event));
      return { kind: 'done' };
    } catch (error) {
      const failure = DomainError.from(error);
      const what = `event ${event.id} of ${event.subject}`;
      if (failure.kind === 'invalid' || (!failure.retryable && event.deliveries >= poisonAfter)) {
        this.#logger.error(`Set aside ${what}, which can't be handled: ${describe(error)}`);
        return { kind: 'poison', reason: failure.message };
      }
      this.#logger.warn(`Failed ${what}, delivery ${event.deliveries}, it will come again: ${describe(error)}`);
      throw failure;
    }
  }

  #failed(message: Message, error: unknown, respond?: Respond): void {
    const failure = DomainError.from(error);
    if (!respond) this.#logger.warn(`Failed ${message.subject}: ${describe(error)}`);
    else if (failure.kind === 'internal') this.#logger.error(`Failed ${message.subject}: ${describe(error)}`);
    try {
      respond?.(encodeError(failure));
    } catch (unsent) {
      this.#logger.error(`Could not answer ${message.subject}: ${describe(unsent)}`);
    }
  }

  async #bounded(event: EventMessage, work: Promise<unknown>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const message = `The handler took longer than ${this.#eventTimeoutMs} ms.`;
    const late = (): void => reject(new DomainError('deadline_exceeded', message, { subject: event.subject }));
    const timer = setTimeout(late, this.#eventTimeoutMs);
    try {
      await Promise.race([work, promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function payloadOf(binding: Binding | undefined, message: Message): unknown {
  const payload = decode(message.body);
  if (!binding) return payload;
  return validate(binding.type === 'request' ? binding.contract.request : binding.contract.payload, payload);
}

/** Runs the handler in the message's context, and the listeners that share its subject with it. */
function call(handler: MessageHandler, payload: unknown, message: Message): Promise<unknown> {
  return withContextOf(message.headers, async () => {
    const result: unknown = await handler(payload, new MessageDetails(message));
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  });
}

/** An error for the log: the whole of it, which the caller never gets to see. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const cause = error.cause === undefined ? '' : `; caused by ${describe(error.cause)}`;
  return error instanceof DomainError && error.kind !== 'internal'
    ? `${error.code}: ${error.message}${cause}`
    : `${error.stack ?? error.message}${cause}`;
}
