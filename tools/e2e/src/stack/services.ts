import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort, spawnService, temporaryFolder, testDatabase, waitUntil, type NatsServer } from '@purser/testing';
import { childEnvironment } from './environment.ts';
import { root } from './paths.ts';
import type { LastExit, Stack } from './stack.ts';

const GATEWAYS = 2;
const START_MS = 60_000;
const STOP_MS = 60_000;

/** The processes of {@link startServices}, each of which can be asked to end; their supervisor starts them again. */
export interface ServicesStack extends Stack {
  /** SIGTERM to a process by its name, as in `budget-1`; resolves with what it wrote down when it had ended. */
  drainProcess(name: string): Promise<LastExit>;
}

/**
 * What `npm run start:services` runs: a process for each service and two gateways, over NATS and an external database.
 * @param variables for all processes
 */
export async function startServices(
  nats: NatsServer,
  variables: Readonly<Record<string, string>> = {},
): Promise<ServicesStack> {
  const folder = await temporaryFolder();
  const database = await testDatabase();
  const clean = async (): Promise<void> => {
    await database.drop();
    await folder.remove();
  };
  const adminKey = `e2e-${randomBytes(24).toString('hex')}`;
  const port = await freePorts(GATEWAYS);
  try {
    const services = await spawnService({
      command: process.execPath,
      args: [join(root, 'tools/start-services.mjs')],
      env: childEnvironment({
        ...{ PORT: String(port), PURSER_GATEWAYS: String(GATEWAYS), PURSER_DATA_DIR: folder.path },
        ...{ NATS_URL: nats.url, DATABASE_URL: database.url },
        ...{ PURSER_MASTER_KEY: randomBytes(32).toString('hex'), PURSER_ADMIN_KEY: adminKey, ...variables },
      }),
      readyLine: /^Purser is ready on http/,
      timeoutMs: START_MS,
    });
    const processFolder = join(folder.path, 'web-gateway-0');
    const gateways = Array.from({ length: GATEWAYS }, (_, index) => `http://127.0.0.1:${port + index}`);
    return {
      ...{ gateways, adminKey, processFolder },
      output: services.output,
      kill: () => signalProcess(processFolder, 'SIGKILL'),
      drain: () => drainProcess(processFolder),
      drainProcess: (name) => drainProcess(join(folder.path, name)),
      serveAgain: () => ready(gateways[0]!),
      stop: async () => {
        await services.stop('SIGTERM', STOP_MS);
        await clean();
      },
    };
  } catch (error) {
    await clean();
    throw error;
  }
}

/** The first of so many ports in a row that nobody listens on. */
async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = await freePort();
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => isFree(first + 1 + index)));
    if (others.every(Boolean)) return first;
  }
  throw new Error(`There are no ${count} free ports in a row.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function signalProcess(folder: string, signal: NodeJS.Signals): Promise<void> {
  const pid = Number(await readFile(join(folder, 'purser.pid'), 'utf8'));
  process.kill(pid, signal);
  await waitUntil(() => !isAlive(pid), { timeoutMs: 40_000, everyMs: 5, what: `the process of ${folder} has ended` });
}

async function drainProcess(folder: string): Promise<LastExit> {
  await signalProcess(folder, 'SIGTERM');
  // The supervisor waits half a second before the next start, which removes the file.
  return JSON.parse(await readFile(join(folder, 'last-exit.json'), 'utf8')) as LastExit;
}

/** Whether there is a process with this id. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ready(url: string): Promise<void> {
  await waitUntil(async () => (await fetch(`${url}/health/ready`)).ok, {
    ...{ timeoutMs: START_MS, everyMs: 50, what: 'the gateway is ready again' },
  });
}
