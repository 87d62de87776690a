import { chmod } from 'node:fs/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@purser/database';
import { freePort } from './free-port.ts';
import { findProgram } from './requirement.ts';
import { spawnService, type Service } from './spawn-service.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A server that a test takes away and brings back: at the same address, with what it had. */
export interface OwnServer {
  readonly url: string;
  /** Starts it again after `stop`. */
  start(): Promise<void>;
  /** Ends it, and keeps its data. */
  stop(): Promise<void>;
  /** Ends it and removes its data. May be called again. */
  remove(): Promise<void>;
}

/** A PostgreSQL of the test's own, running; beside the run's, which other tests use meanwhile. */
export async function startOwnPostgres(): Promise<OwnServer> {
  const folder = await temporaryFolder();
  // As root the server runs as another user, who has to get to its data folder.
  await chmod(folder.path, 0o711);
  let running: EmbeddedPostgres | undefined;
  const startAt = async (port: number): Promise<EmbeddedPostgres> => {
    running = await startEmbeddedPostgres({ dataDir: folder.path, durable: false, log: () => {}, port });
    return running;
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
    const { url, port } = await startAt(0);
    return { url, start: async () => void (await startAt(port)), stop, remove };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

/** A NATS server with JetStream of the test's own, running. @throws Error where `nats-server` is not installed */
export async function startOwnNats(): Promise<OwnServer> {
  return startOwnProgram({
    name: 'nats-server',
    scheme: 'nats',
    argsFor: (port, folder) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder],
    readyLine: /Server is ready/,
  });
}

/** A server that is a program with a folder and a port of 127.0.0.1. */
interface OwnProgram {
  /** Of the program, and of the package that it is in. */
  readonly name: string;
  readonly scheme: string;
  readonly argsFor: (port: number, folder: string) => readonly string[];
  readonly readyLine: RegExp;
}

/** Starts it, with an empty folder on a free port. @throws Error where it is not installed */
export async function startOwnProgram({ name, scheme, argsFor, readyLine }: OwnProgram): Promise<OwnServer> {
  const command = findProgram(name);
  if (!command) throw new Error(`There is no ${name}: apt-get install ${name}`);
  const folder = await temporaryFolder();
  const port = await freePort();
  let running: Service | undefined;
  const start = async (): Promise<void> => {
    running = await spawnService({ command, args: argsFor(port, folder.path), readyLine });
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
    return { url: `${scheme}://127.0.0.1:${port}`, start, stop, remove };
  } catch (error) {
    await folder.remove();
    throw error;
  }
}
