import { freePort } from './free-port.ts';
import type { OwnServer } from './own-server.ts';
import { describeWith, findProgram, type Requirement } from './requirement.ts';
import { spawnService, type Service } from './spawn-service.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface RedisServer {
  readonly url: string;
  /** Whether it is ours alone: what others have in it must not be touched. */
  readonly own: boolean;
  /** Ends our own server and removes its data; does nothing to somebody else's. */
  stop(): Promise<void>;
}

const PROGRAM = 'redis-server';
const INSTALL = 'apt-get install redis-server';

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
  const program = findProgram(PROGRAM);
  if (!program) throw new Error(`There is no ${PROGRAM}: ${INSTALL}`);
  const folder = await temporaryFolder();
  const port = await freePort();
  let running: Service | undefined;
  const start = async (): Promise<void> => {
    // It writes what it has at its end where it would do so some time at all.
    const own = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder.path, '--save', '86400 1'];
    running = await spawnService({
      command: program,
      args: [...own, ...args],
      readyLine: /Ready to accept connections/,
    });
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  const remove = async (): Promise<void> => {
    await stop();
    await folder.remove();
  };
  try {
    await start();
    return { url: `redis://127.0.0.1:${port}`, start, stop, remove };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** Redis, for `describeWith`. */
export const redis: Requirement<RedisServer> = {
  name: 'Redis',
  install: INSTALL,
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
