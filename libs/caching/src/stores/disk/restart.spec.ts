import { describe, expect, it } from '@jest/globals';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Invalidation } from '../../core/invalidation.ts';
import type { Store } from '../../core/store.ts';
import { find, storing, useFolder } from './testing/opened-stores.ts';

const stores = useFolder();
const token = (): string => `${stores.folder}/cache.trust`;
const trusting = { trustAfterRestart: (namespace: string) => namespace === 'files' };

async function restarted(store: Store): Promise<Store> {
  await store.close();
  return stores.open(trusting);
}

describe('after a restart', () => {
  it('entries are there, with what is left of their life', async () => {
    const store = await stores.open();
    const entry = { json: '{"a":1}', etag: '"1"', tags: ['t'], attributes: { a: 'b' }, ttlMs: 60_000, staleForMs: 5 };
    await store.set({ namespace: 'files', key: 'key', entry, freshForMs: 50_000, since: undefined });
    await store.set({ ...storing('none', ''), namespace: 'files', entry: { ...entry, json: undefined } });
    const found = await find(await restarted(store), 'key', 'files');
    expect(found).toEqual({ ...entry, freshForMs: expect.any(Number) });
    expect(found!.freshForMs).toBeLessThanOrEqual(50_000);
    expect(found!.freshForMs).toBeGreaterThan(0);
  });

  it('they are to be verified, but for namespaces that nobody else invalidates', async () => {
    const store = await stores.open();
    await store.set(storing('key', '1', [], 'files'));
    await store.set(storing('key', '2', [], 'answers'));
    const next = await restarted(store);
    expect((await find(next, 'key', 'files'))?.unverified).toBeUndefined();
    expect(await find(next, 'key', 'answers')).toMatchObject({ json: '2', unverified: true });
    await next.set(storing('key', '3', [], 'answers'));
    expect((await find(next, 'key', 'answers'))?.unverified).toBeUndefined();
  });

  it.each<[string, () => void]>([
    ['of the system', () => writeFileSync(token(), 'another boot')],
    ['before which an invalidation could not be written', () => rmSync(token())],
  ])('%s they are all to be verified, also after later ones', async (_what, happen) => {
    const store = await stores.open();
    await store.set(storing('old', '1', [], 'files'));
    await store.close();
    happen();
    const next = await stores.open(trusting);
    expect(await find(next, 'old', 'files')).toMatchObject({ json: '1', unverified: true });
    await next.set(storing('new', '2', [], 'files'));
    const last = await restarted(next);
    expect(await find(last, 'old', 'files')).toMatchObject({ json: '1', unverified: true });
    expect((await find(last, 'new', 'files'))?.unverified).toBeUndefined();
  });

  it('what was invalidated stays so', async () => {
    const store = await stores.open();
    const invalidations: readonly Invalidation[] = [
      { kind: 'keys', keys: ['keys'] },
      { kind: 'tags', tags: ['tags'] },
      { kind: 'prefix', prefix: 'pre' },
      { kind: 'pattern', pattern: 'p*n' },
    ];
    const keys = ['keys', 'tags', 'prefix', 'pattern', 'other'];
    await Promise.all(keys.map((key) => store.set(storing(key, '1', [key], 'files'))));
    await Promise.all(invalidations.map((invalidation) => store.invalidate('files', invalidation)));
    const lookups = await (await restarted(store)).getMany('files', keys);
    expect(keys.filter((_key, index) => lookups[index]!.entry)).toEqual(['other']);
  });

  it('what was invalidated and is not removed yet is not found either', async () => {
    const store = await stores.open();
    const keys = Array.from({ length: 2_000 }, (_, index) => `key:${index}`);
    await Promise.all(keys.map((key) => store.set(storing(key, '1', [], 'files'))));
    // Some of them, in the turn in which the store is told to close.
    void store.invalidate('files', { kind: 'pattern', pattern: 'key:*' });
    const next = await restarted(store);
    const lookups = await next.getMany('files', keys);
    expect(lookups.filter(({ entry }) => entry)).toEqual([]);
    await next.set(storing('key:1', '2', [], 'files'));
    expect((await find(next, 'key:1', 'files'))?.json).toBe('2');
  });

  it('loads of before are not stored any more', async () => {
    const store = await stores.open();
    const since = (await store.getMany('files', ['key']))[0]!.position;
    const next = await restarted(store);
    expect(await next.set({ ...storing('key', '1', [], 'files'), since })).toBe(false);
  });

  it('nothing is found where the clock was set back, for then no age is known', async () => {
    const store = await stores.open();
    await store.set(storing('key', '1', [], 'files'));
    await store.close();
    const database = new DatabaseSync(stores.file);
    const { text } = database.prepare('select text from state').get() as { text: string };
    const later = JSON.stringify({ ...(JSON.parse(text) as object), clock: Date.now() + 3_600_000 });
    database.prepare('update state set text = ?, checksum = ?').run(later, crc32(later));
    database.close();
    const next = await stores.open(trusting);
    expect(await find(next, 'key', 'files')).toBeUndefined();
    expect(stores.problems).toEqual([{ kind: 'corrupt', message: expect.stringContaining('the clock was set back') }]);
  });
});

describe('closing', () => {
  it('leaves one file with all that was taken, and a token that it may be trusted', async () => {
    const store = await stores.open();
    const taken = Array.from({ length: 100 }, (_, index) => store.set(storing(`key${index}`, '1')));
    await store.close();
    expect(await Promise.all(taken)).toEqual(taken.map(() => true));
    expect([existsSync(stores.file), existsSync(`${stores.file}-wal`), existsSync(token())]).toEqual([
      true,
      false,
      true,
    ]);
    const next = await stores.open();
    expect(next.statistics().entries).toBe(100);
  });
});

describe('options', () => {
  it.each([
    [{ folder: '' }, 'folder: must be'],
    [{ maxBytes: 1_000 }, 'maxBytes: must be a whole number from'],
    [{ maxBytes: NaN }, 'maxBytes: must be'],
    [{ compressAboveBytes: -1 }, 'compressAboveBytes: must be'],
  ])('%j are refused', async (options, message) => {
    await expect(stores.open(options)).rejects.toThrow(message);
  });
});
