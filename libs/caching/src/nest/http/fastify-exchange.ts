import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { HeaderRecord, onceOver, type Exchange, type Sending } from './exchange.ts';

/** What is needed of Fastify's request. */
export interface FastifyRequestLike {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is needed of Fastify's reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  statusCode: number;
  send(payload?: unknown): this;
  serialize(payload: unknown): string | ArrayBuffer | Buffer;
  code(status: number): this;
  header(name: string, value: unknown): this;
  removeHeader(name: string): this;
  getHeader(name: string): OutgoingHttpHeader | undefined;
  getHeaders(): Readonly<Record<string, OutgoingHttpHeader | undefined>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export class FastifyExchange implements Exchange {
  readonly #request: FastifyRequestLike;
  readonly #reply: FastifyReplyLike;
  /** The reply's own, from when this put another in its place. */
  #send: FastifyReplyLike['send'] | undefined;

  constructor(request: FastifyRequestLike, reply: FastifyReplyLike) {
    this.#request = request;
    this.#reply = reply;
  }

  get method(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.originalUrl;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  get status(): number {
    return this.#reply.statusCode;
  }

  headers(): OutgoingHttpHeaders {
    return this.#reply.getHeaders() as OutgoingHttpHeaders;
  }

  headerSoFar(name: string): OutgoingHttpHeaders[string] {
    return this.#reply.getHeader(name);
  }

  setHeader(name: string, value: string): void {
    this.#reply.header(name, value);
  }

  removeHeader(name: string): void {
    this.#reply.removeHeader(name);
  }

  intercept(take: (sending: Sending) => void): void {
    this.#send ??= this.#reply.send;
    this.#reply.send = (payload?: unknown) => {
      this.release();
      take({ body: this.#bytesOf(payload), pass: () => this.#pass(payload) });
      return this.#reply;
    };
  }

  release(): void {
    if (this.#send !== undefined) this.#reply.send = this.#send;
  }

  send(status: number, body: Buffer | undefined): void {
    this.#reply.code(status);
    this.#pass(body);
  }

  onceOver(then: (finished: boolean) => void): void {
    onceOver(this.#reply.raw, then);
  }

  detach(headers: OutgoingHttpHeaders, take: (sending: Sending) => void): void {
    const reply = this.#reply;
    const record = new HeaderRecord(headers);
    let status = 200;
    let taken = false;
    const own = {
      code: (code: number) => ((status = code), reply),
      header: (name: string, value: string) => (record.set(name, value), reply),
      headers: (all: OutgoingHttpHeaders) => (
        Object.entries(all).forEach(([name, value]) => record.set(name, value)),
        reply
      ),
      type: (type: string) => (record.set('content-type', type), reply),
      removeHeader: (name: string) => (record.set(name, undefined), reply),
      getHeader: record.get,
      hasHeader: record.has,
      getHeaders: record.all,
      send: (payload?: unknown) => {
        if (!taken) take({ body: this.#bytesOf(payload), pass: () => {} });
        taken = true;
        return reply;
      },
    };
    Object.assign(reply, { ...own, status: own.code });
    const statusCode = { get: () => status, set: (code: number) => void (status = code) };
    Object.defineProperties(reply, { statusCode, sent: { get: () => taken } });
  }

  #pass(payload: unknown): void {
    (this.#send ?? this.#reply.send).call(this.#reply, payload);
  }

  /** As Fastify would send it; sets the type that it would set. */
  #bytesOf(payload: unknown): Buffer | undefined {
    if (payload === undefined || payload === null) return Buffer.alloc(0);
    if (typeof payload === 'string') return Buffer.from(this.#withType('text/plain; charset=utf-8', payload));
    if (ArrayBuffer.isView(payload)) {
      this.#withType('application/octet-stream', '');
      return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    }
    if (payload instanceof Error || isStream(payload)) return undefined;
    try {
      const body = this.#withType(JSON_TYPE, this.#reply.serialize(payload));
      return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body as Buffer);
    } catch {
      // Fastify says best what is wrong with it.
      return undefined;
    }
  }

  #withType<T>(usual: string, body: T): T {
    const type = this.#reply.getHeaders()['content-type'];
    if (type === undefined) this.#reply.header('content-type', usual);
    else if (/^[^;]*json[^;]*$/i.test(String(type)))
      this.#reply.header('content-type', `${String(type)}; charset=utf-8`);
    return body;
  }
}

function isStream(payload: unknown): boolean {
  const { pipe, getReader } = payload as { pipe?: unknown; getReader?: unknown };
  return typeof pipe === 'function' || typeof getReader === 'function' || payload instanceof Response;
}
