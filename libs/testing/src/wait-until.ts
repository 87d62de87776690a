import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Default 20. */
  readonly everyMs?: number;
  /** What is waited for, as a clause ("the lease is returned"): the failure names it. */
  readonly what: string;
}

/**
 * Asks until the condition holds and returns what it then gave. A condition that throws does not hold yet.
 *
 * @throws Error after `timeoutMs`, with what was waited for and what the condition last gave or threw.
 */
export async function waitUntil<T>(condition: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, Falsy>> {
  const { timeoutMs, everyMs = 20, what } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: string;
    try {
      const value = await condition();
      if (value) return value as Exclude<T, Falsy>;
      last = `last: ${String(value)}`;
    } catch (error) {
      last = `last error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms in vain until ${what} (${last})`);
    await sleep(everyMs);
  }
}

type Falsy = false | 0 | 0n | '' | null | undefined;
