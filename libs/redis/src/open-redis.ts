import { Redis } from 'ioredis';

export interface OpenRedisOptions {
  /** As Redis lists the connection among its clients. Without spaces. */
  readonly name: string;
  /** Told when Redis is there, when it is away, and why; once for each change, until the connection is being closed. */
  readonly onChange?: (isReady: boolean, reason: string | undefined) => void;
  /** How long making a connection may take. Default 2 000. */
  readonly connectTimeoutMs?: number;
  /** After which a command has failed that Redis did not answer. Default 2 000. */
  readonly commandTimeoutMs?: number;
  /** How often an idle connection is tried: one may be dead without having been closed. Default 5 000. */
  readonly heartbeatMs?: number;
}

/** A connection that lasts until it is closed, whatever becomes of Redis meanwhile. */
export interface RedisConnection {
  readonly client: Redis;
  /** Whether commands are sent now; else they fail at once. */
  readonly isReady: boolean;
  /** Lets commands end that are under way, for at most a second, and leaves. May be called again. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 1_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5_000;

/**
 * Opens a connection to the Redis (or Valkey) of a URL: `redis://user:password@host:6379/0`, `rediss:` over TLS.
 *
 * While Redis is away every command fails at once, also those under way, and none is sent again later: who calls knows better
 * whether that makes sense. It comes back by itself, trying again after 50 ms to 5 s, up to half of it left to chance.
 *
 * @returns once it is ready, or once the first attempt has failed; it goes on trying then
 * @throws TypeError for a URL whose path is no number of a database
 */
export async function openRedis(url: string, options: OpenRedisOptions): Promise<RedisConnection> {
  const { name, onChange, connectTimeoutMs = 2_000, commandTimeoutMs = 2_000, heartbeatMs = 5_000 } = options;
  checkDatabase(url);
  const client = new Redis(url, {
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: retryAfterMs,
    // After a failover the old primary only reads: the name leads to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    keepAlive: 10_000,
  });
  const unwatch = watch(client, onChange);
  const heartbeat = startHeartbeat(client, heartbeatMs);
  await firstOutcome(client, connectTimeoutMs);
  return {
    client,
    get isReady() {
      return client.status === 'ready';
    },
    close: () => {
      clearInterval(heartbeat);
      unwatch();
      return leave(client);
    },
  };
}

function checkDatabase(url: string): void {
  if (/^\/?\d*$/.test(new URL(url).pathname)) return;
  throw new TypeError('The path of a Redis URL must be the number of a database, or nothing');
}

function retryAfterMs(attempt: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10));
  // By chance, so that all who lost it do not come back in the same moment.
  return longest * (0.5 + Math.random() / 2);
}

/** @returns ends it: what becomes of the connection is told to nobody from then on */
function watch(client: Redis, onChange: OpenRedisOptions['onChange']): () => void {
  let isEnded = false;
  let wasReady: boolean | undefined;
  let reason: string | undefined;
  const changed = (isReady: boolean): void => {
    if (isReady !== wasReady && !isEnded)
      onChange?.(isReady, isReady ? undefined : (reason ?? 'the connection was closed'));
    wasReady = isReady;
    reason = undefined;
  };
  // Without a listener an error would end the process. Each is followed by the connection's end.
  client.on('error', (error: Error) => (reason = error.message || (error as NodeJS.ErrnoException).code));
  client.on('ready', () => changed(true));
  client.on('close', () => changed(false));
  return () => (isEnded = true);
}

/** Makes a new connection in the place of one that answers nothing: the system may take a quarter of an hour to notice. */
function startHeartbeat(client: Redis, everyMs: number): NodeJS.Timeout {
  let isTrying = false;
  const beat = async (): Promise<void> => {
    if (isTrying || client.status !== 'ready') return;
    isTrying = true;
    await client.ping().catch(() => abandoned(client));
    isTrying = false;
  };
  return setInterval(() => void beat(), everyMs).unref();
}

/** Resolves once the connection is closed, if it has to be. */
async function abandoned(client: Redis): Promise<void> {
  if (client.status !== 'ready') return;
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  client.once('close', resolve);
  client.disconnect(true);
  await closed;
}

async function firstOutcome(client: Redis, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  client.once('ready', resolve).once('close', resolve);
  await promise;
  clearTimeout(timer);
  client.off('ready', resolve).off('close', resolve);
}

async function leave(client: Redis): Promise<void> {
  if (client.status === 'ready') {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    client.once('end', resolve);
    client.quit().catch(() => {});
    await ended;
    clearTimeout(timer);
  }
  if (client.status !== 'end') client.disconnect();
}
