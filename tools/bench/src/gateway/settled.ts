import { setTimeout as sleep } from 'node:timers/promises';
import type { Budget } from '@purser/contracts';
import { upstreamTokens } from '../http/upstream-tokens.ts';
import type { ControlPlane } from './control-plane.ts';

/** Micro-dollars for a token, whole ones so that a completion's cost in nano-dollars needs no rounding. */
const MICROS_A_TOKEN = { input: 1, output: 3 };
const NANOS_A_COMPLETION =
  1_000n *
  BigInt(
    upstreamTokens.prompt_tokens * MICROS_A_TOKEN.input + upstreamTokens.completion_tokens * MICROS_A_TOKEN.output,
  );
const SETTLED_WITHIN_MS = 30_000;

/** What a model of the upstream costs. */
export const completionPrice = Object.freeze({
  inputUsdPerMillion: String(MICROS_A_TOKEN.input),
  outputUsdPerMillion: String(MICROS_A_TOKEN.output),
});

/**
 * Waits until so many completions are settled and nothing is held: every answer must have been paid for, and nothing else.
 *
 * @returns what to say about it
 * @throws Error when that does not come true: figures then mean nothing
 */
export async function untilSettled(api: ControlPlane, budgetId: string, completions: number): Promise<string> {
  const wanted = BigInt(completions) * NANOS_A_COMPLETION;
  const startedAt = performance.now();
  for (;;) {
    const { current } = (await api.get(`budgets/${budgetId}`)) as Budget;
    if (toNanos(current.settledUsd) === wanted && toNanos(current.heldUsd) === 0n) {
      return `All ${completions} answers are settled, ${current.settledUsd} USD to the nano-dollar, and nothing is held.`;
    }
    if (performance.now() - startedAt > SETTLED_WITHIN_MS) {
      throw new Error(
        `${completions} answers cost ${wanted} nano-dollars, but ${current.settledUsd} USD are settled and ${current.heldUsd} held.`,
      );
    }
    await sleep(100);
  }
}

function toNanos(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}
