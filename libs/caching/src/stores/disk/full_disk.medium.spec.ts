import { expect, it } from '@jest/globals';
import { describeWith, findProgram, temporaryFolder, waitUntil } from '@purser/testing';
import { execFileSync } from 'node:child_process';
import { ProcessStore } from './testing/process-store.ts';
import { find, storing } from './testing/opened-stores.ts';

/** Limits the size of the files of a process that is running, and takes the limit away again; not even root may pass it. */
const prlimit = {
  name: 'prlimit',
  install: 'apt-get install util-linux',
  available: () => findProgram('prlimit') !== undefined,
  start: async () => ({ stop: async () => undefined }),
};

function limitFiles({ pid }: ProcessStore, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
}

const json = (index: number): string => JSON.stringify(`${index} `.repeat(300));

describeWith(prlimit, 'a disk that is full', () => {
  it('refuses writes and counts them, goes on reading, and finds nothing that was invalidated meanwhile, ever', async () => {
    const folder = await temporaryFolder();
    const start = { folder: folder.path, trusted: true };
    const store = await ProcessStore.open(start);
    try {
      const keys = Array.from({ length: 40 }, (_, index) => `key${index}`);
      await Promise.all(keys.map((key, index) => store.set(storing(key, json(index), [`tag${index % 4}`]))));

      limitFiles(store, 4_096);
      expect(await store.set(storing('new', '1'))).toBe(false);
      // It can't take the place of what is there, which is older, and so is not found any more either.
      expect(await store.set(storing('key0', '"newer"'))).toBe(false);
      await store.invalidate('space', { kind: 'tags', tags: ['tag1'] });
      await store.invalidate('space', { kind: 'keys', keys: ['key2'] });
      await store.invalidate('space', { kind: 'prefix', prefix: 'key3' });
      const left = (found: readonly { entry: unknown }[]): string[] => keys.filter((_key, at) => found[at]!.entry);
      const expected = keys.filter(
        (key, at) => at % 4 !== 1 && !['key0', 'key2'].includes(key) && !key.startsWith('key3'),
      );
      expect(left(await store.getMany('space', keys))).toEqual(expected);
      expect((await find(store, 'key4'))?.json).toBe(json(4));
      expect(store.problems.map(({ kind }) => kind)).toEqual(['full']);
      expect(await store.statistics()).toMatchObject({ writeFailures: 2 });

      await store.kill();
      const next = await ProcessStore.open(start);
      // What was invalidated is not in the file, so nothing of before is trusted.
      const found = await next.getMany('space', keys);
      expect(found.filter(({ entry }) => entry && !entry.unverified)).toEqual([]);
      expect(await find(next, 'key4')).toMatchObject({ json: json(4), unverified: true });
      await next.close();
    } finally {
      await store.kill();
      await folder.remove();
    }
  });

  it('that has room again is written again, with what was invalidated meanwhile', async () => {
    const folder = await temporaryFolder();
    const start = { folder: folder.path, trusted: true };
    const store = await ProcessStore.open(start);
    try {
      await store.set(storing('old', json(1), ['tag']));
      await store.set(storing('kept', json(2)));
      limitFiles(store, 4_096);
      await store.invalidate('space', { kind: 'tags', tags: ['tag'] });
      await store.invalidate('space', { kind: 'keys', keys: ['none'] });
      limitFiles(store, 'unlimited');
      await waitUntil(() => store.set(storing('new', json(3))), { timeoutMs: 10_000, what: 'it is written again' });
      await store.kill();

      const next = await ProcessStore.open(start);
      expect(await find(next, 'old')).toBeUndefined();
      expect(await find(next, 'kept')).toMatchObject({ json: json(2) });
      expect((await find(next, 'kept'))?.unverified).toBeUndefined();
      expect((await find(next, 'new'))?.unverified).toBeUndefined();
      await next.close();
    } finally {
      await store.kill();
      await folder.remove();
    }
  });
});
