import { connect, errors, type NatsConnection as Connection } from '@nats-io/transport-node';
import { DomainError } from '@purser/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { StatusNotifier } from '../../core/status-notifier.ts';
import { serverAddresses, type ServerAddresses } from './server-addresses.ts';

export interface NatsConnectionOptions {
  readonly servers: string | readonly string[];
  readonly name: string;
  readonly connectTimeoutMs: number;
}

/**
 * A service's one connection: tries at first for a bounded time, then reconnects for ever, with jitter, so that a server
 * that comes back is not met by all at once.
 */
export class NatsConnection {
  readonly status = new StatusNotifier();
  readonly #addresses: ServerAddresses;
  readonly #name: string;
  readonly #connectTimeoutMs: number;
  readonly #closing = new AbortController();
  #connecting: Promise<Connection> | undefined;
  #connection: Connection | undefined;

  constructor({ servers, name, connectTimeoutMs }: NatsConnectionOptions) {
    this.#addresses = serverAddresses(servers);
    this.#name = name;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** The connection if there was one before, whether or not it is up right now. */
  get current(): Connection | undefined {
    return this.#connection;
  }

  /** Connects once, whoever calls. Rejects with `unavailable` naming the servers and the last failure. */
  connect(): Promise<Connection> {
    this.#connecting ??= this.#open().catch((error: unknown) => {
      // The next one to ask tries anew.
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }

  /** The connection once it is up; waits at most `deadlineMs`, or until `signal` is aborted. Rejects with `unavailable`. */
  async up(deadlineMs: number, signal?: AbortSignal): Promise<Connection> {
    if (this.#connection && this.status.value === 'connected') return this.#connection;
    if (this.#connection && this.status.value !== 'closed') await this.#change(deadlineMs, signal);
    if (this.#connection && this.status.value === 'connected') return this.#connection;
    throw this.#down();
  }

  /** Sends out what is left and closes, within `deadlineMs`. Never rejects. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing.abort();
    // Without a server there is nobody to take what is left, and draining would wait for one.
    if (this.status.value === 'connected') await within(deadlineMs, this.#connection?.drain());
    await this.#connection?.close().catch(() => undefined);
    this.status.set('closed');
  }

  async #change(deadlineMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const unlisten = this.status.listen(() => resolve());
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort);
    await within(deadlineMs, promise);
    signal?.removeEventListener('abort', onAbort);
    unlisten();
  }

  async #open(): Promise<Connection> {
    const endsAt = performance.now() + this.#connectTimeoutMs;
    for (;;) {
      if (this.#closing.signal.aborted) throw this.#down();
      try {
        const left = Math.max(1, endsAt - performance.now());
        const connection = await connect(this.#options(Math.min(left, 5_000)));
        if (!this.#closing.signal.aborted) return this.#adopt(connection);
        await connection.close();
      } catch (error) {
        const refused = error instanceof errors.AuthorizationError;
        if (refused || performance.now() + 250 >= endsAt) throw this.#down(error);
        await sleep(100 + Math.random() * 150, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  #options(timeout: number) {
    return {
      ...this.#addresses,
      name: this.#name,
      timeout,
      maxReconnectAttempts: -1,
      // Credentials may be exchanged on the server before they are here, or the other way round.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => 100 + Math.random() * 400,
      // A connection that is dead without saying so is noticed within half a minute.
      pingInterval: 10_000,
      maxPingOut: 2,
      // A stack trace for each request costs more than the request.
      noAsyncTraces: true,
    };
  }

  #adopt(connection: Connection): Connection {
    this.#connection = connection;
    this.status.set('connected');
    void this.#watch(connection);
    void connection
      .closed()
      .then((error) => this.status.set('closed', error instanceof Error ? error.message : undefined));
    return connection;
  }

  async #watch(connection: Connection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.status.set('reconnecting', `lost ${status.server}`);
      else if (status.type === 'reconnect') this.status.set('connected', status.server);
      else if (status.type === 'error') this.status.report(status.error.message);
    }
  }

  #down(cause?: unknown): DomainError {
    const servers = this.#addresses.servers.join(', ');
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    return new DomainError('unavailable', `NATS at ${servers} can't be reached${reason}.`, { servers }, { cause });
  }
}

/** Resolves when `work` has ended, however, or after `ms`. */
export async function within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  const late = new AbortController();
  await Promise.race([work, sleep(ms, undefined, { signal: late.signal })]).catch(() => undefined);
  late.abort();
}
