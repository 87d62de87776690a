import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { HeaderRecord, onceOver, type Exchange, type Sending } from './exchange.ts';

/** What is needed of Express' request. */
export interface ExpressRequestLike extends IncomingMessage {
  readonly originalUrl: string;
}

/** What is needed of Express' response. */
export interface ExpressResponseLike extends ServerResponse {
  send(body?: unknown): this;
  json(body: unknown): this;
}

/** What an answer is ended or written with: a chunk, its encoding, a callback, each of which may be left out. */
type Written = readonly unknown[];

export class ExpressExchange implements Exchange {
  readonly #request: ExpressRequestLike;
  readonly #response: ExpressResponseLike;
  readonly #send: (body?: unknown) => unknown;
  readonly #end: (...written: Written) => unknown;
  readonly #write: (...written: Written) => boolean;

  constructor(request: ExpressRequestLike, response: ExpressResponseLike) {
    this.#request = request;
    this.#response = response;
    this.#send = response.send.bind(response);
    this.#end = response.end.bind(response) as (...written: Written) => unknown;
    this.#write = response.write.bind(response) as (...written: Written) => boolean;
  }

  get method(): string {
    return this.#request.method!;
  }

  get url(): string {
    return this.#request.originalUrl;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  get status(): number {
    return this.#response.statusCode;
  }

  headers(): OutgoingHttpHeaders {
    return this.#response.getHeaders();
  }

  headerSoFar(name: string): OutgoingHttpHeaders[string] {
    return this.#response.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  removeHeader(name: string): void {
    this.#response.removeHeader(name);
  }

  intercept(take: (sending: Sending) => void): void {
    const response = this.#response;
    const once = (sending: Sending): void => {
      this.release();
      take(sending);
    };
    const write = (...written: Written): boolean => {
      once({ body: undefined, pass: () => {} });
      return this.#write(...written);
    };
    const end = (...written: Written): unknown => {
      once({ body: endedWith(written), pass: () => void this.#end(...written) });
      return response;
    };
    Object.assign(response, { send: this.#sender(once), write, end });
  }

  release(): void {
    Object.assign(this.#response, { send: this.#send, write: this.#write, end: this.#end });
  }

  send(status: number, body: Buffer | undefined): void {
    this.#response.statusCode = status;
    if (body !== undefined) this.#response.setHeader('content-length', body.length);
    if (body === undefined || this.method === 'HEAD') this.#end();
    else this.#end(body);
  }

  onceOver(then: (finished: boolean) => void): void {
    onceOver(this.#response, then);
  }

  detach(headers: OutgoingHttpHeaders, take: (sending: Sending) => void): void {
    const response = this.#response;
    const record = new HeaderRecord(headers);
    let taken = false;
    const once = (sending: Sending): void => {
      if (!taken) take(sending);
      taken = true;
    };
    response.statusCode = 200;
    Object.assign(response, {
      setHeader: (name: string, value: string) => (record.set(name, value), response),
      appendHeader: (name: string, value: string) => (record.set(name, value), response),
      removeHeader: (name: string) => record.set(name, undefined),
      getHeader: record.get,
      hasHeader: record.has,
      getHeaders: record.all,
      writeHead: () => response,
      send: this.#sender(once),
      write: () => (once({ body: undefined, pass: () => {} }), true),
      end: (...written: Written) => (once({ body: endedWith(written), pass: () => {} }), response),
    });
    Object.defineProperty(response, 'headersSent', { get: () => taken });
  }

  /** Takes what Express' `send` is given; `json` makes a string of what it is given, and comes back with that. */
  #sender(take: (sending: Sending) => void): (body?: unknown) => unknown {
    return (body?: unknown) => {
      const response = this.#response;
      const isValue = typeof body === 'object' && body !== null && !ArrayBuffer.isView(body);
      if (isValue || typeof body === 'number' || typeof body === 'boolean') return response.json(body);
      take({ body: this.#bytesOf(body), pass: () => void this.#send(body) });
      return response;
    };
  }

  /** As Express would send it; sets the type that it would set. */
  #bytesOf(body: unknown): Buffer | undefined {
    const type = this.#response.getHeader('content-type');
    if (ArrayBuffer.isView(body)) {
      if (type === undefined) this.setHeader('content-type', 'application/octet-stream');
      return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    }
    if (typeof body !== 'string') return Buffer.alloc(0);
    if (type === undefined) this.setHeader('content-type', 'text/html; charset=utf-8');
    else if (!/;\s*charset=/i.test(String(type))) this.setHeader('content-type', `${String(type)}; charset=utf-8`);
    return Buffer.from(body);
  }
}

function endedWith([chunk, encoding]: Written): Buffer | undefined {
  if (chunk === undefined || chunk === null || typeof chunk === 'function') return Buffer.alloc(0);
  if (typeof chunk === 'string')
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  return Buffer.isBuffer(chunk) ? chunk : undefined;
}
