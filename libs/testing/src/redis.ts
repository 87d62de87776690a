import { startOwnProgram, type OwnServer } from './own-server.ts';
import { describeWith, findProgram, type Requirement } from './requirement.ts';

export interface RedisServer {
  readonly url: string;
  /** Whether it is ours alone: what others have in it must not be touched. */
  readonly own: boolean;
  /** Ends our own server and removes its data; does nothing to somebody else's. */
  stop(): Promise<void>;
}

const PROGRAM = 'redis-server';

/**
 * A Redis: one of our own, empty, on a free port of 127.0.0.1; where the program is not installed that of `REDIS_URL`, which
 * others may use too; else `undefined`.
 */
export async function startRedisServer(): Promise<RedisServer | undefined> {
  if (findProgram(PROGRAM)) {
    const server = await startOwnRedis();
    return { url: server.url, own: true, stop: server.remove };
  }
  const url = process.env.REDIS_URL;
  return url ? { url, own: false, stop: async () => {} } : undefined;
}

/**
 * A Redis of the test's own, running; it keeps what it had over `stop` and `start`. `args` are added to its command line.
 *
 * @throws Error where `redis-server` is not installed
 */
export async function startOwnRedis(args: readonly string[] = []): Promise<OwnServer> {
  return startOwnProgram({
    name: PROGRAM,
    scheme: 'redis',
    argsFor: (port, folder) => {
      // It writes what it has at its end where it would do so some time at all.
      const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '86400 1'];
      return [...own, ...args];
    },
    readyLine: /Ready to accept connections/,
  });
}

/** Redis, for `describeWith`. */
export const redis: Requirement<RedisServer> = {
  name: 'Redis',
  install: 'apt-get install redis-server',
  available: () => findProgram(PROGRAM) !== undefined || Boolean(process.env.REDIS_URL),
  start: async () => {
    const server = await startRedisServer();
    if (!server) throw new Error(`There is neither ${PROGRAM} nor REDIS_URL`);
    return server;
  },
};

/** {@link describeWith} Redis: `suite` gets a function that starts a server at its first call. */
export function describeWithRedis(title: string, suite: (start: () => Promise<RedisServer>) => void): void {
  describeWith(redis, title, suite);
}
