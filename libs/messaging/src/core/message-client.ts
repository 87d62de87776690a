import {
  validate,
  type PayloadOf,
  type PublishContract,
  type RequestContract,
  type RequestOf,
  type ResponseOf,
} from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeReply, encode } from './envelope.ts';
import { cancelled, NobodyServes } from './failures.ts';
import { callerHeader, messageContext, outgoingHeaders } from './message-context.ts';
import type { MessageTransport } from './transport.ts';

export interface RequestOptions {
  /** Instead of the contract's. Never more than what is left to the message that is being handled. */
  readonly deadlineMs?: number;
  /** Ends the wait with DomainError `cancelled`; the handler may run all the same. */
  readonly signal?: AbortSignal;
  /** Instead of the client's. */
  readonly whenNobodyServes?: WhenNobodyServes;
}

/**
 * What becomes of a request while no replica of its service is there: it fails at once, or waits for one until its deadline.
 * A service with one replica is away for a moment whenever it is restarted.
 */
export type WhenNobodyServes = 'fail' | 'wait';

/** A request on its way to a {@link RequestGuard}. */
export interface GuardedRequest {
  readonly subject: string;
  /** What is left to it, above 0. */
  readonly deadlineMs: number;
  /** What its contract gives to whoever has as much left. */
  readonly contractMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * What requests go through on their way, such as retries and a breaker: whoever has them wires them. It asks as often as it
 * wants, with the time that is left by then, and gives the answer or throws a DomainError.
 */
export type RequestGuard = (request: GuardedRequest, ask: (deadlineMs: number) => Promise<unknown>) => Promise<unknown>;

export interface MessageClientOptions {
  /** Requests under way at once; beyond it they are refused with `unavailable`. Default 10 000. */
  readonly maxInFlight?: number;
  /** Default `fail`. */
  readonly whenNobodyServes?: WhenNobodyServes;
  /** Default: none, and each request is asked once. */
  readonly guard?: RequestGuard;
}

/** Between two looks whether somebody serves by now. */
const ASK_AGAIN_MS = 50;

/** Sends requests and publishes. One per service, from `MessagingModule`. */
export class MessageClient {
  readonly #transport: MessageTransport;
  readonly #maxInFlight: number;
  readonly #whenNobodyServes: WhenNobodyServes;
  readonly #guard: RequestGuard | undefined;
  #inFlight = 0;

  constructor(transport: MessageTransport, options: MessageClientOptions = {}) {
    this.#transport = transport;
    this.#maxInFlight = options.maxInFlight ?? 10_000;
    this.#whenNobodyServes = options.whenNobodyServes ?? 'fail';
    this.#guard = options.guard;
  }

  /** Requests that wait for their answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Asks one replica and gives its validated answer. Delivered at most once for each time that the guard asks, and not known whether at all when no answer
   * came: what changes something must bear a repeat. While nobody serves it, nothing is delivered: see
   * {@link WhenNobodyServes}.
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
      const { subject } = contract;
      const body = encode(payload);
      const ask = async (leftMs: number) => decodeReply(await this.#ask(subject, body, leftMs, options));
      const { signal } = options;
      const reply = await (this.#guard?.({ subject, deadlineMs, contractMs: contract.deadlineMs, signal }, ask) ??
        ask(deadlineMs));
      return this.#answer(contract, reply);
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

  async #ask(subject: string, body: string, deadlineMs: number, options: RequestOptions): Promise<string> {
    const { signal, whenNobodyServes = this.#whenNobodyServes } = options;
    const endsAt = performance.now() + deadlineMs;
    for (let leftMs = deadlineMs; ; leftMs = endsAt - performance.now()) {
      try {
        const headers = { ...outgoingHeaders(leftMs), [callerHeader]: this.#transport.name };
        return await this.#transport.request(subject, body, headers, { deadlineMs: leftMs, signal });
      } catch (error) {
        const canWait = whenNobodyServes === 'wait' && endsAt - performance.now() > 2 * ASK_AGAIN_MS;
        if (!(error instanceof NobodyServes) || !canWait) throw error;
      }
      await sleep(ASK_AGAIN_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {
        throw cancelled(subject, signal);
      });
    }
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
