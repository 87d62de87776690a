import { expect } from 'expect';
import { LONG_MS, type StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

const VALUES = ['null', '0', '""', 'false', 'true', '[]', '{}', '-0.5', '"ä😀\\u0000\\ud800"', '{"a":[1,{"b":null}]}'];

const LARGE = [
  ['like each other', JSON.stringify('x'.repeat(100_000))],
  ['of many kinds', JSON.stringify(Array.from({ length: 20_000 }, (_, i) => `${i * 7_919}ü`))],
] as const;

export function describeValues(test: StoreUnderTest): void {
  describe('values', () => {
    for (const json of VALUES)
      it(`${json} comes back as it was`, async () => {
        expect(await test.put('key', { json })).toBe(true);
        expect((await test.find('key'))?.json).toBe(json);
      });

    it('that are known not to be are found, and are no misses', async () => {
      await test.put('key', { json: undefined });
      expect(await test.find('key')).toMatchObject({ json: undefined, tags: [] });
    });

    for (const [kind, json] of LARGE)
      it(`of many characters ${kind} come back as they were`, async () => {
        expect(await test.put('key', { json })).toBe(true);
        expect((await test.find('key'))?.json).toBe(json);
      });

    it('come with all that was said of them', async () => {
      const said = { etag: '"a\u{1F600}"', tags: ['b', 'a:1'], attributes: { 'content-type': 'text/plain', ä: '' } };
      await test.put('key', { ...said, ttlMs: LONG_MS, staleForMs: 5_000 });
      expect(await test.find('key')).toMatchObject({ ...said, ttlMs: LONG_MS, staleForMs: 5_000 });
    });

    it('without an etag or attributes have none', async () => {
      await test.put('key');
      const found = await test.find('key');
      expect([found?.etag, found?.attributes, found?.tags, found?.unverified ?? false]).toEqual([
        undefined,
        undefined,
        [],
        false,
      ]);
    });

    it('take the place of older ones, with all that was said of those', async () => {
      await test.put('key', { json: '1', etag: '"1"', tags: ['old'], attributes: { a: 'b' } });
      await test.put('key', { json: '2', tags: ['new'] });
      await test.store.invalidate('space', { kind: 'tags', tags: ['old'] });
      const found = await test.find('key');
      expect(found).toMatchObject({ json: '2', tags: ['new'] });
      expect([found?.etag, found?.attributes]).toEqual([undefined, undefined]);
    });

    it('are apart by namespace', async () => {
      await test.put('key', { json: '1', namespace: 'one' });
      await test.put('key', { json: '2', namespace: 'two' });
      await test.put('key:', { json: '3', namespace: 'two' });
      await test.put(':key', { json: '4', namespace: 'two' });
      expect((await test.find('key', 'one'))?.json).toBe('1');
      expect((await test.find('key', 'two'))?.json).toBe('2');
      expect(await test.find('key', 'tw')).toBeUndefined();
      expect(await test.find('key', 'two:')).toBeUndefined();
    });

    it('are found under their own key alone', async () => {
      const keys = [
        'a',
        'A',
        'a ',
        ' a',
        'ä',
        'a\u0308',
        'a%',
        'a_',
        'a*',
        'a?',
        'a\\',
        'a[b]',
        "a'",
        'a\n',
        '😀',
        'a:b',
      ];
      await Promise.all(keys.map((key, index) => test.put(key, { json: String(index) })));
      const found = await test.store.getMany('space', keys);
      expect(found.map(({ entry }) => entry?.json)).toEqual(keys.map((_key, index) => String(index)));
    });

    it('are kept under the longest key and tag that there may be', async () => {
      const [key, tag] = ['ü'.repeat(1_024), '😀'.repeat(128)];
      await test.put(key, { tags: [tag] });
      expect(await test.found(key)).toEqual([key]);
      await test.store.invalidate('space', { kind: 'tags', tags: [tag] });
      expect(await test.found(key)).toEqual([]);
    });

    it('are looked up many at once, in the order asked for, one asked for twice twice', async () => {
      await test.put('a', { json: '1' });
      await test.put('b', { json: '2' });
      const found = await test.store.getMany('space', ['b', 'none', 'a', 'b']);
      expect(found.map(({ entry }) => entry?.json)).toEqual(['2', undefined, '1', '2']);
    });

    it('of no key are none', async () => {
      expect(await test.store.getMany('space', [])).toEqual([]);
    });

    it('that another tier gives up do not replace what is there', async () => {
      expect(await test.put('key', { json: '1', ifAbsent: true })).toBe(true);
      expect(await test.put('key', { json: '2', ifAbsent: true })).toBe(false);
      expect((await test.find('key'))?.json).toBe('1');
      await test.store.invalidate('space', { kind: 'keys', keys: ['key'] });
      expect(await test.put('key', { json: '3', ifAbsent: true })).toBe(true);
      expect((await test.find('key'))?.json).toBe('3');
    });

    it('that another tier gives up replace what was invalidated by its tag', async () => {
      await test.put('key', { json: '1', tags: ['tag'] });
      await test.store.invalidate('space', { kind: 'tags', tags: ['tag'] });
      expect(await test.put('key', { json: '2', ifAbsent: true })).toBe(true);
      expect((await test.find('key'))?.json).toBe('2');
    });
  });
}
