import { describeWith, findProgram, type Requirement } from './requirement.ts';
import { spawnService } from './spawn-service.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface NatsServer {
  readonly url: string;
  /** `undefined` where the server is not ours but that of `NATS_URL`. */
  readonly pid: number | undefined;
  /** Ends our own server and removes its store; does nothing to somebody else's. */
  stop(): Promise<void>;
}

const PROGRAM = 'nats-server';

/**
 * A NATS server with JetStream: one of our own, with an empty store, on a free port of 127.0.0.1; where the program is
 * not installed that of `NATS_URL`, which others may use too; else `undefined`.
 */
export async function startNatsServer(): Promise<NatsServer | undefined> {
  const program = findProgram(PROGRAM);
  if (program) return startOwn(program);
  const url = process.env.NATS_URL;
  return url ? { url, pid: undefined, stop: async () => {} } : undefined;
}

async function startOwn(program: string): Promise<NatsServer> {
  const store = await temporaryFolder();
  try {
    const service = await spawnService({
      command: program,
      args: ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', store.path],
      readyLine: /Server is ready/,
    });
    const address = /Listening for client connections on (\S+)/.exec(service.output())?.[1];
    const stop = async () => {
      await service.stop();
      await store.remove();
    };
    return { url: `nats://${address}`, pid: service.pid, stop };
  } catch (error) {
    await store.remove();
    throw error;
  }
}

/** NATS with JetStream, for `describeWith`. */
export const nats: Requirement<NatsServer> = {
  name: 'NATS',
  install: 'apt-get install nats-server',
  available: () => findProgram(PROGRAM) !== undefined || Boolean(process.env.NATS_URL),
  start: async () => {
    const server = await startNatsServer();
    if (!server) throw new Error(`There is neither ${PROGRAM} nor NATS_URL`);
    return server;
  },
};

/** {@link describeWith} NATS: `suite` gets a function that starts a server at its first call. */
export function describeWithNats(title: string, suite: (start: () => Promise<NatsServer>) => void): void {
  describeWith(nats, title, suite);
}
