import 'reflect-metadata';
import { resolve } from 'node:path';
import { configOfProcess } from '@purser/config';
import { runProcess, type ProcessScope, type RunningService } from '@purser/health';
import { WEB_GATEWAY_SERVICE } from '@purser/web-gateway';
import { allInOneConfig } from './all-in-one.config.ts';
import { Progress } from './progress.ts';
import { startAllInOne, stopOrder } from './start.ts';
import { welcome } from './welcome.ts';

const given = configOfProcess(allInOneConfig);
const config = { ...given, PURSER_DATA_DIR: resolve(given.PURSER_DATA_DIR) };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function start(scope: ProcessScope): Promise<readonly RunningService[]> {
  // Since the process was made: what Node and the imports took is part of it.
  say(`Starting Purser in ${config.PURSER_DATA_DIR}`);
  const progress = new Progress(say);
  progress.took('program', performance.now());
  const started = await startAllInOne(config, scope, progress);
  await progress.step('ready', () => allReady(started.services, scope.signal));
  for (const line of welcome(started, config.PURSER_ADMIN_KEY)) say(line);
  return started.services;
}

/** What is printed next invites to call: that has to work. */
async function allReady(services: readonly RunningService[], signal: AbortSignal): Promise<void> {
  await Promise.all(services.map(({ readiness }) => readiness.whenReady(signal)));
}

await runProcess({
  name: 'Purser',
  dataDir: config.PURSER_DATA_DIR,
  start,
  stopOrder,
  announce: WEB_GATEWAY_SERVICE,
});
