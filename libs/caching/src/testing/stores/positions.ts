import { expect } from 'expect';
import type { Invalidation } from '../../core/invalidation.ts';
import type { StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

const CONCERNING: readonly Invalidation[] = [
  { kind: 'keys', keys: ['other', 'a:1'] },
  { kind: 'tags', tags: ['other', 'tag'] },
  { kind: 'prefix', prefix: 'a:' },
  { kind: 'pattern', pattern: 'a:?' },
  { kind: 'all' },
];

const OTHERS: readonly Invalidation[] = [
  { kind: 'keys', keys: ['a:2', 'a:', 'a:11'] },
  { kind: 'tags', tags: ['tag2', 'ta'] },
  { kind: 'prefix', prefix: 'a:2' },
  { kind: 'pattern', pattern: 'a:' },
  { kind: 'pattern', pattern: 'a:??' },
];

export function describePositions(test: StoreUnderTest): void {
  describe('what was loaded before an invalidation', () => {
    for (const invalidation of CONCERNING)
      it(`of ${JSON.stringify(invalidation)} is not stored after it`, async () => {
        const since = await test.position('a:1');
        await test.store.invalidate('space', invalidation);
        expect(await test.put('a:1', { tags: ['tag'], since })).toBe(false);
        expect(await test.put('a:1', { tags: ['tag'], since, ifAbsent: true })).toBe(false);
        expect(await test.found('a:1')).toEqual([]);
      });

    for (const invalidation of CONCERNING)
      it(`of ${JSON.stringify(invalidation)} does not replace what is newer`, async () => {
        await test.put('a:1', { json: '1', tags: ['tag'] });
        const since = await test.position('a:1');
        await test.store.invalidate('space', invalidation);
        await test.put('a:1', { json: '3', tags: ['tag'] });
        expect(await test.put('a:1', { json: '2', tags: ['tag'], since })).toBe(false);
        expect((await test.find('a:1'))?.json).toBe('3');
      });

    for (const invalidation of OTHERS)
      it(`of ${JSON.stringify(invalidation)}, which does not concern it, is stored`, async () => {
        const since = await test.position('a:1');
        await test.store.invalidate('space', invalidation);
        expect(await test.put('a:1', { tags: ['tag'], since })).toBe(true);
        expect(await test.found('a:1')).toEqual(['a:1']);
      });

    for (const invalidation of CONCERNING)
      it(`of ${JSON.stringify(invalidation)} in another namespace is stored`, async () => {
        const since = await test.position('a:1');
        await test.store.invalidate('other', invalidation);
        expect(await test.put('a:1', { tags: ['tag'], since })).toBe(true);
      });

    for (const invalidation of CONCERNING)
      it(`of ${JSON.stringify(invalidation)} is stored when it was looked up after it`, async () => {
        await test.store.invalidate('space', invalidation);
        const since = await test.position('a:1');
        expect(await test.put('a:1', { tags: ['tag'], since })).toBe(true);
        expect(await test.found('a:1')).toEqual(['a:1']);
      });

    it('is refused also when other invalidations came after', async () => {
      const since = await test.position('a:1');
      await test.store.invalidate('space', { kind: 'keys', keys: ['a:1'] });
      for (let i = 0; i < 50; i += 1) await test.store.invalidate('space', { kind: 'keys', keys: [`b:${i}`] });
      await test.put('a:1', { json: '2' });
      await test.store.invalidate('other', { kind: 'all' });
      expect(await test.put('a:1', { json: '1', since })).toBe(false);
      expect((await test.find('a:1'))?.json).toBe('2');
    });

    it('is stored and then found by no tag that was invalidated before it was looked up', async () => {
      await test.store.invalidate('space', { kind: 'tags', tags: ['before'] });
      const since = await test.position('a:1');
      await test.store.invalidate('space', { kind: 'tags', tags: ['between'] });
      expect(await test.put('a:1', { tags: ['before'], since })).toBe(true);
      expect(await test.put('a:2', { tags: ['between', 'before'], since })).toBe(false);
      expect(await test.found('a:1', 'a:2')).toEqual(['a:1']);
    });

    it('has a position also where something is found', async () => {
      await test.put('a:1', { json: '1' });
      const since = await test.position('a:1');
      expect(await test.put('a:1', { json: '2', since })).toBe(true);
      expect((await test.find('a:1'))?.json).toBe('2');
    });
  });
}
