import type { IncomingHttpHeaders } from 'node:http';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import { PoolOptionError } from '../../core/errors.ts';
import type { DrainReport } from '../../core/pool.ts';
import type { PoolOptions } from '../../core/pool-options.ts';
import { ResourcePool } from '../../core/resource-pool.ts';
import { AnswerReader, type HttpAnswer } from './answer-reader.ts';
import {
  openConnection,
  type ConnectionAware,
  type ConnectionSettings,
  type HttpConnection,
} from './http-connection.ts';
import type { AnswerStore } from './known-answers.ts';
import { QuotaSpentError, type Quota } from './quota.ts';

/** What a pool of connections to an origin may be told beside what every pool may. Times are milliseconds. */
export interface HttpPoolOptions extends Partial<PoolOptions> {
  /** How hosts are looked up, and what is shown and trusted over TLS. Default: as Node does. */
  readonly connect?: Pick<ConnectionOptions, 'lookup' | 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
  /** From a request's last byte to the head of its answer. Default 30 000. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of an answer. Default 30 000. */
  readonly bodyTimeoutMs?: number;
  /** How long a connection stays open that nobody uses, where the peer gives no hint of its own. Default 4 000. */
  readonly keepAliveTimeoutMs?: number;
  /** The peer's own limits, honoured by {@link HttpPool.request} where it is told whose they are. */
  readonly quota?: Quota;
}

/** A request of {@link HttpPool.request}. */
export interface HttpRequest {
  readonly path: string;
  /** Default `GET`. */
  readonly method?: Dispatcher.HttpMethod;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Ends the wait for a connection, or the request. */
  readonly signal?: AbortSignal;
  /** How large the answer may be. Default 10 000 000. */
  readonly maxBytes?: number;
  /** Whose quota it counts against. */
  readonly subject?: string;
  /**
   * Asks a GET conditionally where the store has an answer with an `ETag` under this key, and gives that answer where nothing
   * has changed (304). The key has to tell apart whoever may get different answers.
   */
  readonly known?: { readonly store: AnswerStore; readonly key: string };
}

const DEFAULT_MAX_BYTES = 10_000_000;

/** Connections come quickly where the peer is well; where it is not, the pool makes one at a time anyway. */
const CREATES_AT_ONCE = 32;

/** When each pool was last used, in no unit: a clock would cost each request more. */
let uses = 0;

/**
 * Connections to one origin, kept alive, over undici: HTTP/1.1 without pipelining, so that one lost connection is one lost
 * request. What is bounded and how is every pool's; redirects are answers like any other.
 */
export class HttpPool extends ResourcePool<HttpConnection> {
  readonly origin: string;
  readonly #quota: Quota | undefined;
  #lastUse = ++uses;
  #closed = false;

  /** @param origin such as `https://api.example.com` @throws PoolOptionError */
  constructor(origin: string, options: HttpPoolOptions = {}) {
    const { connect, headersTimeoutMs, bodyTimeoutMs, keepAliveTimeoutMs, quota, ...pool } = options;
    const settings: ConnectionSettings = {
      origin: originOf(origin),
      connector: buildConnector({ ...connect, allowH2: false, timeout: pool.createTimeoutMs ?? 5_000 }),
      client: {
        headersTimeout: wholeMs('headersTimeoutMs', headersTimeoutMs ?? 30_000),
        bodyTimeout: wholeMs('bodyTimeoutMs', bodyTimeoutMs ?? 30_000),
        keepAliveTimeout: wholeMs('keepAliveTimeoutMs', keepAliveTimeoutMs ?? 4_000),
      },
      events: { free: (connection) => this.release(connection), gone: (connection) => this.invalidate(connection) },
    };
    const factory = {
      create: (signal: AbortSignal) => openConnection(settings, signal),
      destroy: (connection: HttpConnection) => connection.end(),
      isUsable: (connection: HttpConnection) => connection.isOpen,
    };
    const { name = settings.origin.origin, createsAtOnce = CREATES_AT_ONCE } = pool;
    super(factory, { ...pool, name, createsAtOnce });
    this.origin = settings.origin.origin;
    this.#quota = quota;
  }

  /** Whether it is draining or drained: it takes no requests any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Larger than that of any pool that was used before. */
  get lastUse(): number {
    return this.#lastUse;
  }

  /**
   * Sends a request on the next connection that is free. For hot paths: nothing is made but what undici makes. A handler with
   * a field `connection` is told it before the request begins. Where none comes free, `onResponseError` gets the pool's error,
   * without a controller and perhaps before this returns.
   *
   * @param signal ends the wait for a connection, not the request
   * @throws TypeError where the handler could not be told of an error
   */
  dispatch(options: Dispatcher.DispatchOptions, handler: ConnectionAware, signal?: AbortSignal): void {
    if (typeof handler.onResponseError !== 'function')
      throw new TypeError('handler.onResponseError must be a function');
    this.#lastUse = ++uses;
    const connection = this.tryAcquire();
    if (connection) return connection.serve(options, handler);
    this.acquire(signal && { signal }).then(
      (free) => free.serve(options, handler),
      (error: Error) => handler.onResponseError!(null as never, error),
    );
  }

  /**
   * Sends a request and reads its answer.
   *
   * @throws QuotaSpentError, with nothing sent; what {@link acquire} throws; AnswerTooLargeError; the signal's reason; or
   * undici's error
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const { subject, signal } = request;
    signal?.throwIfAborted();
    this.#checkQuota(subject);
    this.#lastUse = ++uses;
    const connection = this.tryAcquire() ?? (await this.#waitForConnection(subject, signal));
    const known = request.method === undefined || request.method === 'GET' ? request.known : undefined;
    const before = known?.store.get(known.key);
    const reader = new AnswerReader(request.maxBytes ?? DEFAULT_MAX_BYTES, signal);
    connection.serve(dispatchOptions(request, before), reader);
    const answer = await this.#observed(reader, subject);
    if (answer.status === 304 && before) return stillSo(before, answer);
    if (known && answer.status === 200 && answer.headers.etag !== undefined) known.store.set(known.key, answer);
    return answer;
  }

  override drain(deadlineMs: number): Promise<DrainReport> {
    const drained = super.drain(deadlineMs);
    this.#closed = true;
    return drained;
  }

  /** What was learned of the quota while others had the connections counts too. */
  async #waitForConnection(subject: string | undefined, signal: AbortSignal | undefined): Promise<HttpConnection> {
    const connection = await this.acquire(signal && { signal });
    try {
      this.#checkQuota(subject);
      return connection;
    } catch (error) {
      this.release(connection);
      throw error;
    }
  }

  /** The answer, of which the quota was told. */
  #observed(reader: AnswerReader, subject: string | undefined): Promise<HttpAnswer> {
    const quota = this.#quota;
    if (subject === undefined || !quota) return reader.answer;
    return reader.answer.then(
      (answer) => {
        quota.observe(subject, answer);
        return answer;
      },
      (error: unknown) => {
        if (reader.head) quota.observe(subject, { ...reader.head, body: Buffer.alloc(0) });
        throw error;
      },
    );
  }

  #checkQuota(subject: string | undefined): void {
    if (subject === undefined) return;
    const wait = this.#quota?.check(subject);
    if (wait) throw new QuotaSpentError(this.origin, subject, wait.waitMs);
  }
}

function dispatchOptions(
  { path, method = 'GET', headers, body }: HttpRequest,
  before: HttpAnswer | undefined,
): Dispatcher.DispatchOptions {
  const etag = before?.headers.etag;
  const all: IncomingHttpHeaders = etag === undefined ? { ...headers } : { ...headers, 'if-none-match': etag };
  return { path, method, headers: all, body };
}

/** What a 304 may say about its own empty body, and not about the one that is known. */
const OF_THE_BODY = ['content-length', 'content-encoding', 'content-range', 'transfer-encoding'];

/** The answer that is known, with the headers that came with the news that it holds. */
function stillSo(before: HttpAnswer, { headers }: HttpAnswer): HttpAnswer {
  const news = Object.entries(headers).filter(([name]) => !OF_THE_BODY.includes(name));
  return { ...before, headers: { ...before.headers, ...Object.fromEntries(news) } };
}

function originOf(origin: string): URL {
  const url = URL.parse(origin);
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '')
    return url;
  throw new PoolOptionError('origin', `must be such as https://api.example.com, not ${String(origin)}`);
}

function wholeMs(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= 0x7fff_ffff) return value;
  throw new PoolOptionError(field, `must be whole milliseconds of at least 1, not ${value}`);
}
