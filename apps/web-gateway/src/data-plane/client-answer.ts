import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { CacheOutcome } from '@purser/contracts';
import { formatUsd } from '@purser/money';
import type { FastifyReply } from 'fastify';
import type { Target } from '../configuration/snapshot.ts';
import type { Coding } from '../edge/coding.ts';
import type {} from '../edge/edge.ts';
import { pathOf } from '../edge/path-of.ts';
import { limitHeaders } from '../limits/limit-headers.ts';

/** What the headers of an answer say about it; a fact that is not known is left out. */
export interface AnswerFacts {
  readonly target: Target;
  readonly attempts: number;
  readonly costNanos?: bigint;
  readonly remainingNanos?: bigint;
}

/** What the headers of an answer say of the answer cache. */
export interface CacheFacts {
  readonly outcome: CacheOutcome;
  /** What the answer is kept under; undefined where none is. */
  readonly key?: string;
  /** How long ago a kept answer was made. */
  readonly ageSeconds?: number;
}

/** Headers of a provider that mean the same to our client: the others are about a connection or an account that isn't its. */
const PASSED_ON = [
  'content-type',
  'content-language',
  'cache-control',
  'retry-after',
  'retry-after-ms',
  'openai-processing-ms',
  'openai-version',
];

/**
 * The answer to one request, as far as HTTP goes: its head, its bytes, and whether anybody still reads it. Takes the reply
 * over from the framework with the first byte; errors before it are the framework's to answer.
 */
export class ClientAnswer {
  readonly #reply: FastifyReply;
  readonly #response: ServerResponse;
  readonly #startedMs: number;
  #gone = false;
  #blocked = false;
  /** What the answer cache did; undefined where the request has nothing to do with it. */
  cache: CacheFacts | undefined = undefined;
  /** Called once when the client goes away before its answer is complete. */
  onGone: () => void = () => undefined;
  /** Called when there is room again after {@link write} said that there is none. */
  onDrain: () => void = () => undefined;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#response = reply.raw;
    this.#startedMs = performance.now();
    if (reply.raw.destroyed) this.#gone = true;
    else reply.raw.once('close', () => this.#onClose());
  }

  /** Whether the client went away before its answer was complete. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Whether the client has got its head, so that it can't be told by a status any more. */
  get started(): boolean {
    return this.#response.headersSent;
  }

  /** Whether the client has not taken what was written. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** The whole answer, unchanged but for the coding that the client accepts. */
  whole(status: number, provided: IncomingHttpHeaders, body: Buffer, facts: AnswerFacts): void {
    if (this.#gone) return;
    this.#reply.hijack();
    const end = (bytes: Buffer, coding?: Coding): void => {
      if (this.#gone) return;
      const headers = this.#headers(provided, facts);
      if (coding !== undefined) headers.push('content-encoding', coding);
      headers.push('content-length', String(bytes.length));
      this.#response.writeHead(status, headers);
      this.#response.end(bytes);
    };
    const acceptEncoding = this.#reply.request.headers['accept-encoding'];
    const coding = this.#codingFor(provided, body.length);
    const coded = coding && this.#reply.edge.compression.bytes(body, coding, acceptEncoding);
    if (coded === undefined) end(body);
    else if (Buffer.isBuffer(coded)) end(coded, coding);
    // What can't be compressed is still the answer.
    else
      coded.then(
        (bytes) => end(bytes, coding),
        () => end(body),
      );
  }

  /** The head of an answer whose body follows in pieces. */
  begin(status: number, provided: IncomingHttpHeaders, facts: AnswerFacts): void {
    if (this.#gone) return;
    this.#reply.hijack();
    this.#response.writeHead(status, this.#headers(provided, facts));
  }

  /** Since the request came, in milliseconds. */
  get elapsedMs(): string {
    return (performance.now() - this.#startedMs).toFixed(2);
  }

  /** A piece of the body. @returns whether there is room for more; else {@link onDrain} says when */
  write(bytes: Buffer): boolean {
    if (this.#gone || this.#response.write(bytes)) return true;
    if (!this.#blocked) this.#response.once('drain', () => this.#onDrain());
    this.#blocked = true;
    return false;
  }

  /** The last piece of the body. */
  end(bytes: Buffer): void {
    if (!this.#gone) this.#response.end(bytes);
  }

  /** Cuts the connection: for a client that does not read what it is sent. */
  destroy(): void {
    this.#response.destroy();
  }

  #codingFor(provided: IncomingHttpHeaders, bytes: number): Coding | undefined {
    const { edge, request } = this.#reply;
    const answer = {
      path: pathOf(request),
      acceptEncoding: request.headers['accept-encoding'],
      declined: request.headers['x-no-compression'] !== undefined,
      header: (name: string) => provided[name],
    };
    return edge.compression.codingFor(answer, bytes);
  }

  /** Names and values in turn. */
  #headers(provided: IncomingHttpHeaders, { target, attempts, costNanos, remainingNanos }: AnswerFacts): string[] {
    const headers = ['x-request-id', this.#reply.request.id, 'X-Response-Time-Ms', this.elapsedMs];
    headers.push('x-purser-provider', target.provider.name, 'x-purser-model', target.model.name);
    headers.push('x-purser-attempts', String(attempts));
    if (costNanos !== undefined) headers.push('x-purser-cost-usd', formatUsd(costNanos));
    if (remainingNanos !== undefined) headers.push('x-purser-budget-remaining-usd', formatUsd(remainingNanos));
    if (this.cache !== undefined) headers.push(...cacheHeaders(this.cache));
    for (const name of PASSED_ON) {
      const value = provided[name];
      if (value !== undefined) headers.push(name, Array.isArray(value) ? value.join(', ') : value);
    }
    const { edge, request } = this.#reply;
    headers.push(...limitHeaders(request), ...edge.headers.for(request.headers.origin));
    const vary = edge.vary(pathOf(request), provided['content-type']);
    if (vary !== undefined) headers.push('vary', vary);
    return headers;
  }

  #onClose(): void {
    if (this.#response.writableFinished || this.#gone) return;
    this.#gone = true;
    this.onGone();
  }

  #onDrain(): void {
    this.#blocked = false;
    this.onDrain();
  }
}

function cacheHeaders({ outcome, key, ageSeconds }: CacheFacts): string[] {
  const headers = ['X-Cache', outcome, 'X-Cache-Hit', String(outcome === 'HIT')];
  if (key !== undefined) headers.push('X-Cache-Key', key);
  if (ageSeconds !== undefined) headers.push('Age', String(ageSeconds));
  return headers;
}
