import { randomBytes } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, spawnService, temporaryFolder, type Service } from '@purser/testing';
import { childEnvironment } from './environment.ts';
import { allInOneMain } from './paths.ts';
import type { LastExit, Stack } from './stack.ts';

const DRAIN_MS = 40_000;

/** Starts the one process on a data folder; `variables` win over what the tests set. */
export function spawnOneProcess(
  dataFolder: string,
  variables: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Service> {
  return spawnService({
    command: process.execPath,
    args: ['--enable-source-maps', allInOneMain, ...args],
    env: childEnvironment({ PURSER_DATA_DIR: dataFolder, PORT: '0', PURSER_SIMULATOR: 'off', ...variables }),
    readyLine: /^Purser is ready on (http:\/\/\S+)$/,
    timeoutMs: 60_000,
  });
}

/** What `npm start` runs: the four services in one process, with a database of its own. */
export async function startOneProcess(): Promise<Stack> {
  const folder = await temporaryFolder();
  // As root the database runs as another user, who has to get to its folder.
  await chmod(folder.path, 0o711);
  const adminKey = `e2e-${randomBytes(24).toString('hex')}`;
  const variables = { PORT: String(await freePort()), PURSER_ADMIN_KEY: adminKey };
  const runs: Service[] = [];
  const start = async (): Promise<Service> => {
    const service = await spawnOneProcess(folder.path, variables);
    runs.push(service);
    return service;
  };
  try {
    await start();
  } catch (error) {
    await folder.remove();
    throw error;
  }
  const current = (): Service => runs.at(-1)!;
  return {
    gateways: [current().ready[1]!],
    ...{ adminKey, processFolder: folder.path },
    output: () => runs.map((run) => run.output()).join(''),
    kill: async () => void (await current().kill9()),
    drain: async () => {
      await current().stop('SIGTERM', DRAIN_MS);
      return JSON.parse(await readFile(join(folder.path, 'last-exit.json'), 'utf8')) as LastExit;
    },
    serveAgain: async () => void (await start()),
    stop: async () => {
      await current().stop('SIGTERM', DRAIN_MS);
      await folder.remove();
    },
  };
}
