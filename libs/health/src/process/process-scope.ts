import type { LoggerService } from '@nestjs/common';
import type { RunningService } from '../nest/start-service.ts';

/** What a process' start gets. */
export interface ProcessScope {
  /** Aborted when the process is told to stop: a start that takes long should give up then. */
  readonly signal: AbortSignal;
  /** Ends what was just opened, after all services have stopped, in reverse order; also when the start fails later. */
  onStop(name: string, stop: () => Promise<void> | void): void;
  /** Starts services one after the other. When one fails, those before it are drained, in reverse order. */
  startInOrder(starters: readonly (() => Promise<RunningService>)[]): Promise<RunningService[]>;
}

/** Longest that one resource may take to close. */
const closeMs = 15_000;

/** What was opened beside services, and how to close it. */
export class OpenedResources implements ProcessScope {
  readonly signal: AbortSignal;
  readonly #opened: { name: string; stop: () => Promise<void> | void }[] = [];

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  onStop(name: string, stop: () => Promise<void> | void): void {
    this.#opened.push({ name, stop });
  }

  async startInOrder(starters: readonly (() => Promise<RunningService>)[]): Promise<RunningService[]> {
    const started: RunningService[] = [];
    try {
      for (const start of starters) {
        this.signal.throwIfAborted();
        started.push(await start());
      }
      return started;
    } catch (error) {
      for (const service of started.toReversed()) await service.drain({ delayMs: 0, timeoutMs: 5_000 });
      throw error;
    }
  }

  /** Closes everything, the last opened first; whether all of it closed. */
  async close(logger: LoggerService): Promise<boolean> {
    let clean = true;
    for (const { name, stop } of this.#opened.splice(0).reverse()) {
      const failure = await failureOf(stop);
      if (failure === undefined) continue;
      clean = false;
      logger.warn(`${name} did not close: ${failure}.`);
    }
    return clean;
  }
}

async function failureOf(stop: () => Promise<void> | void): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(resolve, closeMs, `not within ${closeMs} ms`);
  const closing = (async () => stop())().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const failure = await Promise.race([closing, late]);
  clearTimeout(timer);
  return failure;
}
