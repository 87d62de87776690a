import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ResourceFactory } from '../../core/factory.ts';
import { breaksConnection, cutConnection, isBusy, isConnected, isFinal } from './connection.ts';

/** How long a server may take to close a connection that was ended. */
const END_GRACE_MS = 1_000;

/** What the pool is told of its connections. */
export interface ClientEvents {
  readonly connected: (client: pg.PoolClient) => void;
  /** It was lost, whether or not it is in use. */
  readonly lost: (client: pg.PoolClient, error: Error) => void;
  /** It was given back in the middle of a transaction or a statement, and is closed, which rolls back. */
  readonly unfinished: (client: pg.PoolClient) => void;
  readonly removed: (client: pg.PoolClient) => void;
}

/** Opens, asks and closes connections of `pg`. */
export class Clients implements ResourceFactory<pg.PoolClient> {
  /** All that are open or on their way. */
  readonly open = new Set<pg.PoolClient>();
  readonly #config: pg.ClientConfig;
  readonly #events: ClientEvents;

  constructor(config: pg.ClientConfig, events: ClientEvents) {
    this.#config = config;
    this.#events = events;
  }

  async create(signal: AbortSignal): Promise<pg.PoolClient> {
    const client = new pg.Client(this.#config) as pg.PoolClient;
    const cut = () => cutConnection(client);
    // Without a listener what ends it while it is idle would end the process.
    client.on('error', (error: Error) => this.#events.lost(client, error));
    client.once('end', () => this.#events.lost(client, new Error('The server closed the connection')));
    signal.addEventListener('abort', cut, { once: true });
    this.open.add(client);
    try {
      await client.connect();
    } catch (error) {
      this.open.delete(client);
      cut();
      throw error;
    } finally {
      signal.removeEventListener('abort', cut);
    }
    this.#events.connected(client);
    return client;
  }

  /** Says goodbye to the server; cuts what does not close in time, or is known to be dead. */
  async destroy(client: pg.PoolClient): Promise<void> {
    this.open.delete(client);
    if (isConnected(client)) await Promise.race([client.end(), sleep(END_GRACE_MS, undefined, { ref: false })]);
    cutConnection(client);
    this.#events.removed(client);
  }

  async check(client: pg.PoolClient, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => cutConnection(client), { once: true });
    await client.query('select');
  }

  isUsable(client: pg.PoolClient): boolean {
    if (!isConnected(client)) return false;
    if (!isBusy(client)) return true;
    this.#events.unfinished(client);
    return false;
  }

  breaks(error: unknown): boolean {
    return breaksConnection(error);
  }

  isFinal(error: unknown): boolean {
    return isFinal(error);
  }
}
