import type { Socket } from 'node:net';
import { Client, Pool, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';

/** Time limits of one call to a provider, in milliseconds. */
export interface ProviderTimeouts {
  /** Until a connection is made, TLS included. */
  readonly connectMs: number;
  /** From the request's last byte to the answer's head. A plain answer's head comes when the model has finished. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** The whole call. */
  readonly totalMs: number;
}

/** A handler that wants to know the connection that its request goes out on. */
export interface ConnectionAware extends Dispatcher.DispatchHandler {
  connection?: ProviderConnection;
}

/** Beyond this many origins, the pool that was opened first is closed once its calls have ended; see `Pool.closed`. */
const MOST_ORIGINS = 256;

/** One connection, which names itself to each handler: only the socket knows whether a request was fully written. */
export class ProviderConnection extends Client {
  socket: Socket | undefined;

  constructor(origin: URL, options: Client.Options, connect: buildConnector.connector) {
    super(origin, {
      ...options,
      connect: (target, callback) =>
        connect(target, (error, socket) => {
          if (error) return callback(error, null);
          this.socket = socket!;
          callback(null, socket!);
        }),
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: ConnectionAware): boolean {
    handler.connection = this;
    return super.dispatch(options, handler);
  }
}

/**
 * Connections to providers, kept alive, a pool for each origin. A pool opens as many as requests need at once: the
 * providers' slots bound those. HTTP/1.1 only, so that one lost connection is one lost request.
 */
export class ProviderConnections {
  readonly #options: Pool.Options;
  readonly #connect: buildConnector.connector;
  readonly #pools = new Map<string, Pool>();

  constructor(timeouts: ProviderTimeouts) {
    this.#connect = buildConnector({ timeout: timeouts.connectMs, allowH2: false });
    this.#options = {
      allowH2: false,
      headersTimeout: timeouts.firstByteMs,
      bodyTimeout: timeouts.idleMs,
      factory: (origin, options) => new ProviderConnection(origin, options, this.#connect),
    };
  }

  /**
   * The pool of an origin. May be kept as long as it is not `closed`; then ask again.
   * @param origin such as `https://api.example.com`
   */
  poolFor(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    const pool = new Pool(origin, this.#options);
    this.#pools.set(origin, pool);
    if (this.#pools.size > MOST_ORIGINS) this.#closeOldest();
    return pool;
  }

  /** Lets what is in flight end, then closes every connection. */
  async close(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  #closeOldest(): void {
    const [origin, pool] = this.#pools.entries().next().value!;
    this.#pools.delete(origin);
    void pool.close();
  }
}
