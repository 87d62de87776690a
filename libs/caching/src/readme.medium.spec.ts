import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithRedis, temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { key, openCaches } from './index.ts';
import { openDiskStore, type DiskProblem } from './stores/disk/index.ts';
import { redisStore } from './stores/redis/index.ts';
import { createTestBus } from './testing/index.ts';

describeWithRedis('the example without Nest of the README', (start) => {
  let redis: Redis;
  let temporary: TemporaryFolder;
  beforeAll(async () => {
    redis = new Redis((await start()).url);
    temporary = await temporaryFolder();
  });
  afterAll(async () => {
    await redis?.quit();
    await temporary?.remove();
  });

  it('is what runs here, and does what it says', async () => {
    const asked: string[] = [];
    const source = {
      usage: async (of: string, signal: AbortSignal) => {
        signal.throwIfAborted();
        asked.push(of);
        return { tokens: 42 };
      },
    };
    const id = randomUUID();
    const folder = temporary.path;
    const onProblem = (problem: DiskProblem): never => {
      throw new Error('no disk', { cause: problem });
    };
    const bus = createTestBus().connect();

    const caches = await openCaches({
      memory: { maxBytes: 100_000_000 },
      tiers: [{ store: await openDiskStore({ folder, onProblem }) }, { store: redisStore({ redis }) }],
      bus: { bus },
    });
    const accounts = caches.namespace('accounts', { ttl: 60_000, staleFor: 600_000 });
    const usage = await accounts.getOrCompute(key('account', id, 'usage'), (load) => source.usage(id, load.signal), {
      tags: [`account:${id}`],
    });
    const again = await accounts.get(key('account', id, 'usage'));
    await accounts.invalidateTags(`account:${id}`);
    const after = await accounts.get(key('account', id, 'usage'));
    await caches.close();

    expect([usage, again, after]).toEqual([{ tokens: 42 }, { tokens: 42 }, undefined]);
    expect(asked).toEqual([id]);
    const lines = (text: string): string[] => text.split('\n').map((line) => line.trim());
    const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
    const [, shown] = /## Without Nest\n\n```ts\n([^]*?)```/.exec(readme())!;
    expect(lines(shown!).filter((line) => !own.includes(line))).toEqual([]);
  });
});

function readme(): string {
  return readFileSync(new URL('../README.md', import.meta.url), 'utf8');
}
