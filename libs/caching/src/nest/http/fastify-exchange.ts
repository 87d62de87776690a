import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
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
  serialize(payload: unknown): string;
  code(status: number): this;
  header(name: string, value: unknown): this;
  removeHeader(name: string): this;
  getHeaders(): OutgoingHttpHeaders;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export class FastifyExchange implements Exchange {
  readonly #request: FastifyRequestLike;
  readonly #reply: FastifyReplyLike;
  readonly #send: FastifyReplyLike['send'];

  constructor(request: FastifyRequestLike, reply: FastifyReplyLike) {
    this.#request = request;
    this.#reply = reply;
    this.#send = reply.send.bind(reply);
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
    return this.#reply.getHeaders();
  }

  setHeader(name: string, value: string): void {
    this.#reply.header(name, value);
  }

  removeHeader(name: string): void {
    this.#reply.removeHeader(name);
  }

  intercept(take: (sending: Sending) => void): void {
    this.#reply.send = (payload?: unknown) => {
      this.release();
      take({ body: this.#bytesOf(payload), pass: () => void this.#send(payload) });
      return this.#reply;
    };
  }

  release(): void {
    this.#reply.send = this.#send;
  }

  send(status: number, body: Buffer | undefined): void {
    this.#reply.code(status);
    this.#send(body);
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
      return Buffer.from(this.#withType(JSON_TYPE, this.#reply.serialize(payload)));
    } catch {
      // Fastify says best what is wrong with it.
      return undefined;
    }
  }

  #withType(usual: string, body: string): string {
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
