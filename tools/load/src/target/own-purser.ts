import { controlPlane, root, startNode, type NodeProcess } from '@purser/bench';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
const ALL_IN_ONE = join(root, 'apps/all-in-one/dist/main.js');
/** As a fast provider streams: the first token soon, then a hundred a second. */
const STREAMING = { firstByteMs: 20, perTokenMs: 10, minTokens: 16, maxTokens: 32 };
const PLACES = 5_000;

/**
 * Starts Purser as `npm start` runs it, in one process with a database of its own, beside two simulated providers: one that
 * answers at once and one that streams. Nothing of it is left after `stop`.
 */
export async function startOwnPurser(): Promise<ReadyTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-load-'));
  const opened: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  const start = async (...args: Parameters<typeof startNode>): Promise<NodeProcess> => {
    const started = await startNode(...args);
    opened.push(() => started.stop());
    return started;
  };
  try {
    // As root the database runs as another user, who has to get to its folder.
    await chmod(folder, 0o711);
    const ready = { readyLine: /^Simulator is ready on (\S+)/m };
    const instant = await start(SIMULATOR, { ...ready, args: ['--instant'] });
    const streaming = await start(SIMULATOR, { ...ready, args: ['--config', JSON.stringify(STREAMING)] });
    const adminKey = `load-${randomBytes(24).toString('hex')}`;
    const purser = await start(ALL_IN_ONE, {
      env: { PORT: '0', PURSER_DATA_DIR: folder, PURSER_ADMIN_KEY: adminKey, PURSER_SIMULATOR: 'off' },
      readyLine: /^Purser is ready on (\S+)/m,
    });
    const target = await setUp(purser.ready, adminKey, { instant: instant.ready, streaming: streaming.ready });
    return { target, processes: [{ name: 'purser', pid: purser.pid }], stop };
  } catch (error) {
    await stop();
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
