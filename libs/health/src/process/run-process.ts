import { Logger } from '@nestjs/common';
import { DomainError } from '@purser/errors';
import { within } from '../core/within.ts';
import { ServiceLogger } from '../nest/service-logger.ts';
import type { RunningService } from '../nest/start-service.ts';
import { forgetLastExit, writeLastExit } from './last-exit.ts';
import { FolderHeldError, ProcessLock } from './process-lock.ts';
import { OpenedResources, type ProcessScope } from './process-scope.ts';
import { StopSignals, type StopCause } from './stop-signals.ts';

export interface ProcessOptions {
  /** As the process calls itself: `budget`, `Purser`. */
  readonly name: string;
  /** Holds `purser.pid` while it runs and `last-exit.json` after. Made if missing. */
  readonly dataDir: string;
  /** Starts everything. What it opens beside services it registers with `scope.onStop`. */
  readonly start: (scope: ProcessScope) => Promise<readonly RunningService[]>;
  /** The services' names in the order in which they drain. Default: the reverse of the order of their start. */
  readonly stopOrder?: readonly string[];
  /** Whose address the ready line names. Default: the first one started. */
  readonly announce?: string;
}

/** For a start that was interrupted to notice it, and for a process that is at fault to end what is under way. */
const hurriedMs = 5_000;
const stillWaitingMs = 10_000;

/**
 * Runs services as this process, from the lock on the data folder to the exit code; does not return.
 *
 * Prints `<name> is ready on http://…` once all are ready. SIGTERM, SIGINT or SIGHUP drains and exits with 0, or with 1
 * when something did not end in time; a signal more than a second after the first exits at once with 1. An uncaught
 * exception or unhandled rejection is logged, drains in a hurry and exits with 1. So does a start that fails; what it had
 * opened is closed in reverse order.
 */
export async function runProcess(options: ProcessOptions): Promise<never> {
  const lock = await lockOrExit(options);
  forgetLastExit(options.dataDir);
  Logger.overrideLogger(new ServiceLogger());
  const logger = new Logger(options.name);
  const signals = new StopSignals((error) => logger.error(`A fault that nobody handled: ${describe(error)}`));
  const exit = async (code: number, drained: boolean): Promise<never> => {
    try {
      writeLastExit(options.dataDir, { code, drained });
      await lock.release();
    } catch (error) {
      logger.error(`Can't note the end in ${options.dataDir}: ${describe(error)}`);
    }
    return process.exit(code);
  };
  void signals.forced.then((signal) => {
    logger.warn(`${signal} again: ending without a drain.`);
    return exit(1, false);
  });
  try {
    return await exit(...(await live(options, signals, logger)));
  } catch (error) {
    logger.error(describe(error));
    return exit(1, false);
  }
}

/** From the start to the end of the drain; what to exit with. */
async function live(options: ProcessOptions, signals: StopSignals, logger: Logger): Promise<[number, boolean]> {
  const opened = new OpenedResources(signals.signal);
  const starting = options.start(opened);
  starting.catch(() => undefined);
  let services: readonly RunningService[];
  try {
    await Promise.race([starting, signals.stop.then(() => within(hurriedMs, starting))]);
    services = await Promise.race([starting, interrupted(signals)]);
  } catch (error) {
    if (!signals.signal.aborted) logger.error(`Can't start: ${describe(error)}`);
    const closed = await opened.close(logger);
    return [signals.signal.aborted ? 0 : 1, closed];
  }
  void announce(options, services, signals, logger);
  const cause = await signals.stop;
  const drained = await drainAll(inStopOrder(services, options.stopOrder), cause, logger);
  const closed = await opened.close(logger);
  const clean = drained && closed;
  return [cause.kind === 'signal' && clean ? 0 : 1, clean];
}

/** Rejects right after `stop`. */
async function interrupted(signals: StopSignals): Promise<never> {
  await signals.stop;
  await new Promise((resolve) => setImmediate(resolve));
  throw new Error('The start was interrupted.');
}

async function announce(
  { name, announce: whose }: ProcessOptions,
  services: readonly RunningService[],
  { signal }: StopSignals,
  logger: Logger,
): Promise<void> {
  const timer = setInterval(() => {
    const missing = services.flatMap((service) =>
      service.readiness
        .states()
        .filter(({ up }) => !up)
        .map((state) => `${service.name}'s ${state.name} ${state.message ?? ''}`),
    );
    logger.warn(`Not ready yet: ${missing.join(', ')}.`);
  }, stillWaitingMs);
  for (const { readiness } of services) await readiness.whenReady(signal);
  clearInterval(timer);
  const { url } = services.find((service) => service.name === whose) ?? services[0] ?? {};
  if (!signal.aborted) process.stdout.write(`${name} is ready${url === undefined ? '' : ` on ${url}`}\n`);
}

async function drainAll(services: readonly RunningService[], cause: StopCause, logger: Logger): Promise<boolean> {
  logger.log(cause.kind === 'signal' ? `${cause.signal}: draining.` : 'Draining in a hurry.');
  const hurry = cause.kind === 'signal' ? {} : { delayMs: 0, timeoutMs: hurriedMs };
  // All at once: whoever watches one of them should stop sending work to any.
  for (const service of services) service.fallReadiness();
  let clean = true;
  for (const service of services) {
    const { drained, unfinished } = await service.drain(hurry);
    if (!drained) logger.warn(`${service.name} did not end in time: ${unfinished.join('; ')}.`);
    clean &&= drained;
  }
  return clean;
}

function inStopOrder(services: readonly RunningService[], order: readonly string[] = []): RunningService[] {
  const rank = ({ name }: RunningService): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return services.toReversed().toSorted((a, b) => rank(a) - rank(b));
}

async function lockOrExit({ name, dataDir }: ProcessOptions): Promise<ProcessLock> {
  try {
    return await ProcessLock.acquire(dataDir);
  } catch (error) {
    const held = error instanceof FolderHeldError;
    const hint = held ? ' Stop that one first, or choose another folder with PURSER_DATA_DIR.' : '';
    process.stderr.write(`${name} can't start: ${held ? error.message : describe(error)}${hint}\n`);
    return process.exit(1);
  }
}

/** What helps an operator: the message of errors that are meant for one, everything of the others. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DomainError || error.name === 'ConfigError') return error.message;
  return error.stack ?? error.message;
}
