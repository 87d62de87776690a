import pg from 'pg';
import { DomainError } from '@purser/errors';

type ConnectCallback = Parameters<pg.Pool['connect']>[0];

/**
 * A pool whose queue has an end, and that knows its connections, so that a shutdown can cut those that do not come back.
 */
export class BoundedPool extends pg.Pool {
  readonly #queueMax: number;
  readonly #clients = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig & { queueMax: number }) {
    super(config);
    this.#queueMax = config.queueMax;
    this.on('connect', (client) => this.#clients.add(client));
    this.on('remove', (client) => this.#clients.delete(client as pg.PoolClient));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    // The pool counts also those as waiting whom an idle connection will serve in the next tick.
    const served = this.idleCount + Math.max(0, this.options.max - this.totalCount);
    if (this.waitingCount - served < this.#queueMax) return callback ? super.connect(callback) : super.connect();
    const error = new DomainError('unavailable', `${this.#queueMax} queries wait for a database connection already.`);
    if (!callback) return Promise.reject(error);
    callback(error, undefined, () => {});
  }

  /** Cuts every connection; what runs on them fails as `unavailable`. */
  cutConnections(): void {
    for (const client of this.#clients) cutConnection(client);
  }
}

/** Closes the socket at once. The server rolls back, and `client.end()` would wait for the running statement. */
export function cutConnection(client: pg.ClientBase): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
