import { controlPlane, Opened, root, startAllInOne, startNode } from '@purser/bench';
import { join } from 'node:path';
import type { WatchedProcess } from '../observe/memory.ts';
import type { Target } from '../operations/http-operations.ts';

/** A Purser that can be loaded. */
export interface ReadyTarget {
  readonly target: Target;
  readonly processes: readonly WatchedProcess[];
  stop(): Promise<void>;
}

const SIMULATOR = join(root, 'tools/provider-simulator/dist/main.js');
/** As a fast provider streams: the first token soon, then a hundred a second. */
const STREAMING = { firstByteMs: 20, perTokenMs: 10, minTokens: 16, maxTokens: 32 };
const PLACES = 5_000;

/**
 * Starts Purser as `npm start` runs it, in one process with a database of its own, beside two simulated providers: one that
 * answers at once and one that streams. Nothing of it is left after `stop`.
 */
export async function startOwnPurser(): Promise<ReadyTarget> {
  const opened = new Opened();
  try {
    const ready = { readyLine: /^Simulator is ready on (\S+)/m };
    const instant = await opened.add(startNode(SIMULATOR, { ...ready, args: ['--instant'] }));
    const streams = ['--config', JSON.stringify(STREAMING)];
    const streaming = await opened.add(startNode(SIMULATOR, { ...ready, args: streams }));
    const { url, pid, adminKey } = await opened.add(startAllInOne());
    const target = await setUp(url, adminKey, { instant: instant.ready, streaming: streaming.ready });
    return { target, processes: [{ name: 'purser', pid }], stop: () => opened.stop() };
  } catch (error) {
    await opened.stop();
    throw error;
  }
}

/** Both providers, an account with a budget that no run can use up, and a member's key. */
async function setUp(url: string, adminKey: string, providers: Readonly<Record<'instant' | 'streaming', string>>) {
  const api = controlPlane(url, adminKey);
  for (const [name, address] of Object.entries(providers)) {
    const provider = { name, kind: 'openai-compatible', baseUrl: `${address}/v1`, concurrency: PLACES };
    const providerId = await api.create('providers', provider);
    const prices = { inputUsdPerMillion: '0.15', outputUsdPerMillion: '0.60' };
    await api.create('models', { providerId, name: 'sim-small', maxOutputTokens: 64, ...prices });
  }
  const accountId = await api.create('accounts', { name: 'load' });
  await api.create('budgets', { accountId, limitUsd: '1000000', window: 'total' });
  const { key } = (await api.post('keys', { accountId, name: 'load' })) as { key: string };
  return {
    ...{ url, chatKey: key, readKey: adminKey },
    ...{ chatModel: 'instant/sim-small', streamModel: 'streaming/sim-small' },
  };
}
