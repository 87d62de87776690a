import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { PoolError } from '@purser/pooling';
import type { ConnectionAware, HttpConnection } from '@purser/pooling/http';
import type { Dispatcher } from 'undici';
import { decoderFor } from './content-decoding.ts';
import type { ProviderEndpoint } from './provider-endpoint.ts';

/**
 * How a call failed: `connect-failed` no connection was made; `not-sent` the request was not fully written, or was
 * aborted before it; `timeout` a time limit; `cut` the connection or the answer broke off; `aborted` by {@link ProviderCall.abort}.
 */
export interface CallFailure {
  readonly kind: 'connect-failed' | 'not-sent' | 'timeout' | 'cut' | 'aborted';
  /** A limit of the gateway's own ended it, which says nothing of the provider. */
  readonly isOurs?: true;
  /** For the client: says what happened, never where to. */
  readonly message: string;
}

/** Whoever made the call. After `onEnd` or `onFailure`, exactly one of which comes, nothing comes any more. */
export interface CallListener {
  /** A connection was had, and the request written to it, but for what its buffers hold. */
  onSent(): void;
  /** The final head of the answer (no 1xx). */
  onHead(status: number, headers: IncomingHttpHeaders): void;
  /** A piece of the body, decompressed. */
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(failure: CallFailure): void;
}

class CallAborted extends Error {}

const TIMEOUT_CODES = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/**
 * One request to a provider. Sees to time limits, decompression and backpressure, and tells what went wrong in the terms
 * that decide what it costs: whether it was connected, whether it was fully written.
 */
export class ProviderCall implements ConnectionAware {
  connection?: HttpConnection;
  readonly #listener: CallListener;
  #controller: Dispatcher.DispatchController | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #decoder: Transform | undefined;
  #written = false;
  #headSeen = false;
  #received = false;
  #over = false;
  #paused = false;
  #abortedBy: 'caller' | 'deadline' | undefined;

  constructor(listener: CallListener) {
    this.#listener = listener;
  }

  /** Sends the request. @param extraHeaders names and values in turn, beside the endpoint's */
  send(endpoint: ProviderEndpoint, extraHeaders: readonly string[], body: Buffer, totalMs: number): void {
    this.limit(totalMs);
    const headers = endpoint.headers.concat(extraHeaders);
    endpoint.pool.dispatch({ method: 'POST', path: endpoint.path, headers, body }, this);
  }

  /** Whether the request has begun to be written: before it, stopping costs nothing. */
  get begun(): boolean {
    return this.#controller !== undefined;
  }

  /** Ends the call as a `timeout` unless it is over in `ms` from now; takes the place of the limit before. */
  limit(ms: number): void {
    if (this.#over) return;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(onDeadline, ms, this);
  }

  /** Stops the call; the listener still gets its `onEnd` or `onFailure`, perhaps before this returns. */
  abort(by: 'caller' | 'deadline' = 'caller'): void {
    if (this.#over || this.#abortedBy) return;
    this.#abortedBy = by;
    // Without a controller there is no connection yet: onRequestStart stops it, or the connection fails.
    this.#controller?.abort(new CallAborted());
    // The provider has ended its answer, and what is left of it waits to be decompressed for a client that does not read.
    if (this.#received) {
      this.#decoder?.destroy();
      this.#fail(new CallAborted());
    }
  }

  /** Takes no more from the provider until {@link resume}; what is under way still comes. */
  pause(): void {
    this.#paused = true;
    if (this.#decoder) this.#decoder.pause();
    else this.#controller?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#decoder) this.#decoder.resume();
    else this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#abortedBy) controller.abort(new CallAborted());
  }

  onRequestSent(): void {
    const socket = this.connection?.socket;
    // A body that the kernel did not take whole is written when the socket has drained; small rests are taken as written.
    if (socket?.writableNeedDrain) socket.once('drain', () => (this.#written = true));
    else this.#written = true;
    this.#listener.onSent();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#headSeen = true;
    this.#written = true;
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') this.#decode(controller, encoding);
    this.#listener.onHead(status, headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#decoder) this.#listener.onData(chunk);
    else if (!this.#decoder.write(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#received = true;
    if (this.#decoder) this.#decoder.end();
    else if (this.#finish()) this.#listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
  }

  #decode(controller: Dispatcher.DispatchController, encoding: string): void {
    const decoder = decoderFor(encoding);
    this.#decoder = decoder;
    decoder.on('data', (chunk: Buffer) => {
      if (!this.#over) this.#listener.onData(chunk);
    });
    decoder.on('drain', () => controller.resume());
    decoder.on('end', () => {
      if (this.#finish()) this.#listener.onEnd();
    });
    decoder.on('error', (error) => {
      this.#fail(error);
      controller.abort(error);
    });
  }

  #fail(error: Error): void {
    if (this.#finish()) this.#listener.onFailure(this.#failureOf(error));
  }

  /** Whether this was the end: only the first is. */
  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#deadline);
    return true;
  }

  #failureOf(error: Error & { code?: string }): CallFailure {
    if (this.#abortedBy === 'deadline') {
      if (!this.#written) return { kind: 'not-sent', message: 'The request could not be sent in time.', isOurs: true };
      return this.#headSeen ? { ...timeout(), isOurs: true } : timeout();
    }
    if (this.#abortedBy) return { kind: this.#written ? 'aborted' : 'not-sent', message: 'The request was stopped.' };
    if (!this.#controller) return connectFailure(error);
    if (!this.#written) return { kind: 'not-sent', message: 'The connection broke before the request was sent.' };
    if (TIMEOUT_CODES.has(error.code ?? '')) return timeout();
    const what = this.#headSeen ? 'The answer broke off.' : 'The connection was closed before an answer came.';
    return { kind: 'cut', message: what };
  }
}

function onDeadline(call: ProviderCall): void {
  call.abort('deadline');
}

function timeout(): CallFailure {
  return { kind: 'timeout', message: 'The provider did not answer in time.' };
}

/** The pool's error has as its cause why no connection could be made. */
function connectFailure(error: Error & { code?: string; cause?: unknown }): CallFailure {
  const code = (error.cause as { readonly code?: string } | undefined)?.code ?? error.code;
  const message = `No connection to the provider could be made${code ? ` (${code})` : ''}.`;
  return { kind: 'connect-failed', message, ...(isOfThePool(error) ? { isOurs: true } : {}) };
}

/** Whether there was no connection to be had because as many are in use, or waited for, as may be, or because the pool closes. */
function isOfThePool(error: Error): boolean {
  if (!(error instanceof PoolError)) return false;
  const { code, numbers } = error;
  if (code === 'acquire_timeout') return numbers.inUse >= numbers.max;
  return code === 'queue_full' || code === 'pool_draining';
}
