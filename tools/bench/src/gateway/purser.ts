import { setTimeout as sleep } from 'node:timers/promises';
import type { Budget } from '@purser/contracts';
import { upstreamTokens } from '../http/upstream-tokens.ts';
import { startAllInOne } from '../processes/all-in-one.ts';
import { path, requestBody, type Contestant, type RunningGateway } from './contestant.ts';
import { controlPlane, type ControlPlane } from './control-plane.ts';

/** Micro-dollars for a token, whole ones so that a completion's cost in nano-dollars needs no rounding. */
const MICROS_A_TOKEN = { input: 1, output: 3 };
const NANOS_A_COMPLETION =
  1_000n *
  BigInt(
    upstreamTokens.prompt_tokens * MICROS_A_TOKEN.input + upstreamTokens.completion_tokens * MICROS_A_TOKEN.output,
  );
const SETTLED_WITHIN_MS = 30_000;

export const purser: Contestant = {
  name: 'Purser',
  what: 'all four services in one process as `npm start` runs them: authentication, a budget, journal, settlement, embedded database',
  start: async (upstreamUrl) => {
    const { url, pid, adminKey, stop } = await startAllInOne();
    try {
      return { pid, stop, ...(await setUp(url, adminKey, upstreamUrl)) };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

/** A provider, a model with a price, a route, an account with a budget that no run can use up, and a member's key. */
async function setUp(
  url: string,
  adminKey: string,
  upstreamUrl: string,
): Promise<Pick<RunningGateway, 'target' | 'verify'>> {
  const api = controlPlane(url, adminKey);
  const providerId = await api.create('providers', {
    ...{ name: 'upstream', kind: 'openai-compatible', baseUrl: `${upstreamUrl}/v1`, concurrency: 256 },
  });
  const modelId = await api.create('models', {
    ...{ providerId, name: 'bench', maxOutputTokens: 64 },
    ...{ inputUsdPerMillion: String(MICROS_A_TOKEN.input), outputUsdPerMillion: String(MICROS_A_TOKEN.output) },
  });
  await api.create('routes', { name: 'bench', strategy: 'priority', targets: [{ modelId }] });
  const accountId = await api.create('accounts', { name: 'bench' });
  const budgetId = await api.create('budgets', { accountId, limitUsd: '1000000', window: 'total' });
  const { key } = (await api.post('keys', { accountId, name: 'bench' })) as { key: string };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return {
    target: { port: Number(new URL(url).port), path, headers, body: requestBody },
    verify: (served) => verifySettled(api, budgetId, BigInt(served)),
  };
}

/** Every answer that the load generator got must have been paid for, and nothing else. */
async function verifySettled(api: ControlPlane, budgetId: string, served: bigint): Promise<string[]> {
  const wanted = served * NANOS_A_COMPLETION;
  const startedAt = performance.now();
  for (;;) {
    const { current } = (await api.get(`budgets/${budgetId}`)) as Budget;
    if (toNanos(current.settledUsd) === wanted && toNanos(current.heldUsd) === 0n) {
      return [`All ${served} answers are settled, ${current.settledUsd} USD to the nano-dollar, and nothing is held.`];
    }
    if (performance.now() - startedAt > SETTLED_WITHIN_MS) {
      throw new Error(
        `${served} answers cost ${wanted} nano-dollars, but ${current.settledUsd} USD are settled and ${current.heldUsd} held.`,
      );
    }
    await sleep(100);
  }
}

function toNanos(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}
