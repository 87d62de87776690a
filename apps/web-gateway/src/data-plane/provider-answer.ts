import type { IncomingHttpHeaders } from 'node:http';
import type { TokenUsage } from '@purser/contracts';
import type { ProviderEndpoint } from '../providers/provider-endpoint.ts';
import { ProviderCall, type CallFailure, type CallListener } from '../providers/provider-call.ts';
import { CompletionStream } from './completion-stream.ts';
import type { SeenOutput } from './seen-output.ts';

/** How an answer of a provider ended. */
export type AnswerEnd =
  /** All of it came, and it is not a stream. */
  | { readonly kind: 'whole'; readonly body: Buffer }
  /** A stream: `done` is its `[DONE]`, `failure` what broke it; neither where it just ended without `[DONE]`. */
  | {
      readonly kind: 'stream';
      readonly done: Buffer | undefined;
      readonly usage: TokenUsage | undefined;
      readonly failure: CallFailure | undefined;
    }
  /** Nothing came, or not all of what is not a stream. */
  | { readonly kind: 'failed'; readonly failure: CallFailure };

/** Whoever is told how an answer goes, and takes the pieces of a stream. */
export interface AnswerReader {
  onSent(): void;
  onHead(status: number): void;
  /** @returns whether there is room for more; else it says so with {@link ProviderAnswer.resume} */
  onPiece(bytes: Buffer): boolean;
}

export interface ProviderAnswerOptions {
  readonly expectStream: boolean;
  /** Keep the usage chunk of a stream from the reader. */
  readonly hideUsage: boolean;
  /** Counts what came of a stream, where that is wanted. */
  readonly seen?: SeenOutput | undefined;
}

/** Larger answers are refused: they would have to be held in memory whole. */
const MOST_ANSWER_BYTES = 32 * 1024 * 1024;
/** How long a provider may take to end its answer after `[DONE]`. */
const LINGER_MS = 5_000;

/** One answer of a provider: gathered whole, or read as a stream of events on its way to the client. */
export class ProviderAnswer implements CallListener {
  /** The HTTP status; 0 until there is one. */
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** When its body began, by `performance.now`; undefined until it has. */
  firstByteAt: number | undefined;
  readonly #call: ProviderCall;
  readonly #reader: AnswerReader;
  readonly #hideUsage: boolean;
  readonly #expectStream: boolean;
  readonly #seen: SeenOutput | undefined;
  readonly #ended = Promise.withResolvers<AnswerEnd>();
  #stream: CompletionStream | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #over: PromiseWithResolvers<void> | undefined;
  #isOver = false;

  constructor(reader: AnswerReader, options: ProviderAnswerOptions) {
    this.#reader = reader;
    this.#expectStream = options.expectStream;
    this.#hideUsage = options.hideUsage;
    this.#seen = options.seen;
    this.#call = new ProviderCall(this);
  }

  /** Sends the request; resolves when all is known that the client can be told. See {@link over}. */
  request(endpoint: ProviderEndpoint, headers: readonly string[], body: Buffer, totalMs: number): Promise<AnswerEnd> {
    this.#call.send(endpoint, headers, body, totalMs);
    return this.#ended.promise;
  }

  /** When the connection is free again: with the end, or a little after `[DONE]`. Undefined: it is. */
  get over(): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#over ??= Promise.withResolvers<void>();
    return this.#over.promise;
  }

  /**
   * Nobody reads any more: the rest is read within `drainMs` to learn the usage, or not at all where that is 0. A request
   * that waits for its connection is not sent.
   */
  abandon(drainMs: number): void {
    if (drainMs === 0 || !this.#call.begun) return this.#call.abort();
    this.#call.limit(drainMs);
    this.#call.resume();
  }

  resume(): void {
    this.#call.resume();
  }

  onSent(): void {
    this.#reader.onSent();
  }

  onHead(status: number, headers: IncomingHttpHeaders): void {
    this.#reader.onHead(status);
    this.status = status;
    this.headers = headers;
    const isStream = this.#expectStream && status < 300 && headers['content-type']?.startsWith('text/event-stream');
    if (isStream) this.#stream = new CompletionStream(this.#hideUsage, (bytes) => this.#pass(bytes), this.#seen);
  }

  onData(chunk: Buffer): void {
    this.firstByteAt ??= performance.now();
    if (this.#stream) {
      this.#stream.push(chunk);
      if (this.#stream.done) this.#endStream(undefined);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes <= MOST_ANSWER_BYTES) this.#chunks.push(chunk);
    else this.#refuse();
  }

  onEnd(): void {
    if (this.#stream) {
      this.#stream.end();
      this.#endStream(undefined);
    } else {
      const [only] = this.#chunks;
      const body = this.#chunks.length === 1 ? only! : Buffer.concat(this.#chunks);
      this.#ended.resolve({ kind: 'whole', body });
    }
    this.#onOver();
  }

  onFailure(failure: CallFailure): void {
    if (this.#stream && this.firstByteAt !== undefined) this.#endStream(failure);
    else this.#ended.resolve({ kind: 'failed', failure });
    this.#onOver();
  }

  #endStream(failure: CallFailure | undefined): void {
    const { done, usage, midEvent } = this.#stream!;
    if (done) this.#call.limit(LINGER_MS);
    else if (midEvent) this.#pass(Buffer.from('\n\n'));
    this.#ended.resolve({ kind: 'stream', done, usage, failure });
  }

  #pass(bytes: Buffer): void {
    if (!this.#reader.onPiece(bytes)) this.#call.pause();
  }

  #refuse(): void {
    this.#chunks = [];
    const message = `The answer is larger than ${MOST_ANSWER_BYTES} bytes.`;
    this.#ended.resolve({ kind: 'failed', failure: { kind: 'cut', message } });
    this.#call.abort();
  }

  #onOver(): void {
    this.#isOver = true;
    this.#over?.resolve();
  }
}
