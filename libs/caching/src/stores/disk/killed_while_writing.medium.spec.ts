import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@purser/testing';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { find, storing } from './testing/opened-stores.ts';
import { ProcessStore } from './testing/process-store.ts';

const KEYS = Array.from({ length: 120 }, (_, index) => `key${index}`);
const TAGS = 6;
const tagOf = (index: number): string => `tag${index % TAGS}`;

interface Value {
  readonly key: string;
  readonly generation: number;
  readonly text: string;
}

function valueOf(key: string, generation: number): string {
  const text = `${key}/${generation} `.repeat(40 + (generation % 300));
  return JSON.stringify({ key, generation, text } satisfies Value);
}

/** Writes generation after generation, and invalidates one tag or one key after each, until the process is gone. */
async function write(store: ProcessStore, from: number, acknowledged: Map<string, number>): Promise<number> {
  let generation = from;
  try {
    for (; ; generation += 1) {
      await Promise.all(KEYS.map((key, index) => store.set(storing(key, valueOf(key, generation), [tagOf(index)]))));
      const [tag, key] = [tagOf(generation), KEYS[generation % KEYS.length]!];
      await store.invalidate('space', { kind: 'tags', tags: [tag] });
      acknowledged.set(tag, generation);
      await store.invalidate('space', { kind: 'keys', keys: [key] });
      acknowledged.set(key, generation);
    }
  } catch {
    return generation;
  }
}

describe('a process that is killed while it writes', () => {
  it('leaves no value that was not written so, and none that was invalidated', async () => {
    const folder = await temporaryFolder();
    const start = { folder: folder.path, trusted: true };
    const acknowledged = new Map<string, number>();
    let generation = 1;
    let found = 0;
    for (let round = 0; round < 5; round += 1) {
      const store = await ProcessStore.open(start);
      const writing = write(store, generation, acknowledged);
      await sleep(randomInt(50, 700));
      await store.kill();
      generation = (await writing) + 1;

      const next = await ProcessStore.open(start);
      for (const [index, key] of KEYS.entries()) {
        const entry = await find(next, key);
        if (!entry) continue;
        found += 1;
        const value = JSON.parse(entry.json!) as Value;
        expect(entry.json).toBe(valueOf(key, value.generation));
        expect(entry.unverified).toBeUndefined();
        const gone = Math.max(acknowledged.get(tagOf(index)) ?? 0, acknowledged.get(key) ?? 0);
        expect(value.generation).toBeGreaterThan(gone);
      }
      expect(next.problems).toEqual([]);
      await next.close();
    }
    expect(found).toBeGreaterThan(0);
    await folder.remove();
  });
});

describe('a folder that another process has', () => {
  it('is taken over once that one has ended', async () => {
    const folder = await temporaryFolder();
    const first = await ProcessStore.open({ folder: folder.path, trusted: true });
    await first.set(storing('key', '1'));
    const second = await ProcessStore.open({ folder: folder.path, trusted: true });
    await expect(find(second, 'key')).rejects.toThrow('in use by another process');
    await expect(second.invalidate('space', { kind: 'keys', keys: ['other'] })).rejects.toThrow('in use');
    expect(second.problems.map(({ kind }) => kind)).toEqual(['in_use']);
    await first.close();
    let entry: Awaited<ReturnType<typeof find>>;
    for (let tries = 0; !entry && tries < 200; tries += 1) {
      entry = await find(second, 'key').catch(() => undefined);
      await sleep(50);
    }
    // It was told of an invalidation that the file has not heard of.
    expect(entry).toMatchObject({ json: '1', unverified: true });
    await second.close();
    await folder.remove();
  });
});
