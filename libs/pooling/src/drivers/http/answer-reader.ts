import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** A whole answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came: compressed where it was. */
  readonly body: Buffer;
}

/** The answer is larger than it may be. The connection it came on was closed. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
  readonly code = 'answer_too_large';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The answer has more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** Reads an answer up to its end, or to its bound. */
export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #settled = Promise.withResolvers<HttpAnswer>();
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #bytes = 0;

  constructor(maxBytes: number, signal: AbortSignal | undefined) {
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** What came before the body, where anything did. */
  get head(): Pick<HttpAnswer, 'status' | 'headers'> | undefined {
    return this.#status === 0 ? undefined : { status: this.#status, headers: this.#headers };
  }

  /** Rejects with the signal's reason, AnswerTooLargeError, or undici's error. */
  get answer(): Promise<HttpAnswer> {
    return this.#settled.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal?.aborted) this.#onAbort();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) controller.abort(new AnswerTooLargeError(this.#maxBytes));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const [only] = this.#chunks;
    const body = this.#chunks.length === 1 ? only! : Buffer.concat(this.#chunks);
    this.#settled.resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#end();
    this.#settled.reject(error);
  }

  readonly #onAbort = (): void => this.#controller?.abort(this.#signal!.reason as Error);

  #end(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
