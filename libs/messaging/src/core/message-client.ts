import {
  validate,
  type PayloadOf,
  type PublishContract,
  type RequestContract,
  type RequestOf,
  type ResponseOf,
} from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { decodeReply, encode } from './envelope.ts';
import { messageContext, outgoingHeaders } from './message-context.ts';
import type { MessageTransport } from './transport.ts';

export interface RequestOptions {
  /** Instead of the contract's. Never more than what is left to the message that is being handled. */
  readonly deadlineMs?: number;
  /** Ends the wait with DomainError `cancelled`; the handler may run all the same. */
  readonly signal?: AbortSignal;
}

export interface MessageClientOptions {
  /** Requests under way at once; beyond it they are refused with `unavailable`. Default 10 000. */
  readonly maxInFlight?: number;
}

/** Sends requests and publishes. One per service, from `MessagingModule`. */
export class MessageClient {
  readonly #transport: MessageTransport;
  readonly #maxInFlight: number;
  #inFlight = 0;

  constructor(transport: MessageTransport, options: MessageClientOptions = {}) {
    this.#transport = transport;
    this.#maxInFlight = options.maxInFlight ?? 10_000;
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Asks one replica and gives its validated answer. Delivered at most once, and not known whether at all when no answer
   * came: what changes something must bear a repeat.
   *
   * Rejects with DomainError only: the handler's own; `unavailable` (nobody serves it, no connection, too many under way),
   * `deadline_exceeded`, `cancelled`, `message_too_large`; `internal` when the answer is not what the contract allows.
   */
  async request<C extends RequestContract>(
    contract: C,
    payload: RequestOf<C>,
    options: RequestOptions = {},
  ): Promise<ResponseOf<C>> {
    this.#enter(contract);
    try {
      const deadlineMs = this.#timeLeft(contract, options);
      const body = encode(payload);
      const { signal } = options;
      const headers = outgoingHeaders(deadlineMs);
      const reply = await this.#transport.request(contract.subject, body, headers, { deadlineMs, signal });
      return this.#answer(contract, decodeReply(reply));
    } catch (error) {
      throw DomainError.from(error);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /**
   * Sends to every replica that listens; it may be lost.
   *
   * @throws DomainError `message_too_large`, or `internal` for what JSON can't carry
   */
  publish<C extends PublishContract>(contract: C, payload: PayloadOf<C>): void {
    this.#transport.publish(contract.subject, encode(payload), outgoingHeaders());
  }

  #enter(contract: RequestContract): void {
    if (this.#inFlight >= this.#maxInFlight) {
      const details = { subject: contract.subject, maxInFlight: this.#maxInFlight };
      throw new DomainError('unavailable', `${this.#maxInFlight} messages wait for an answer already.`, details);
    }
    this.#inFlight += 1;
  }

  #timeLeft(contract: RequestContract, options: RequestOptions): number {
    const wanted = options.deadlineMs ?? contract.deadlineMs;
    const left = Math.min(wanted, messageContext()?.remainingMs() ?? Infinity);
    if (left >= 1) return left;
    const details = { subject: contract.subject, deadlineMs: left };
    throw new DomainError('deadline_exceeded', `No time was left to ask for ${contract.subject}.`, details);
  }

  #answer<C extends RequestContract>(contract: C, answer: unknown): ResponseOf<C> {
    try {
      return validate<C['response']>(contract.response, answer);
    } catch (cause) {
      const message = `The answer to ${contract.subject} is not what its contract allows.`;
      throw new DomainError('internal', message, { subject: contract.subject }, { cause });
    }
  }
}
