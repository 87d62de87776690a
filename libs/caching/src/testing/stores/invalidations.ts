import { expect } from 'expect';
import type { Invalidation } from '../../core/invalidation.ts';
import type { StoreUnderTest } from './harness.ts';
import { describe, it } from './runner.ts';

/** What of these keys is left, by what is invalidated. */
const CASES: readonly (readonly [Invalidation, readonly string[], readonly string[]])[] = [
  [{ kind: 'keys', keys: ['a', 'c', 'none'] }, ['a', 'b', 'c', 'aa'], ['b', 'aa']],
  [{ kind: 'keys', keys: [] }, ['a'], ['a']],
  [{ kind: 'keys', keys: ['a*', 'b%'] }, ['a*', 'ab', 'b%', 'bc'], ['ab', 'bc']],
  [{ kind: 'prefix', prefix: 'a:' }, ['a:', 'a:1', 'a:1:2', 'a', 'ab', 'b:a:'], ['a', 'ab', 'b:a:']],
  [{ kind: 'prefix', prefix: '' }, ['a', '😀'], []],
  [{ kind: 'prefix', prefix: '%' }, ['%', '%a', 'a%', 'a'], ['a%', 'a']],
  [{ kind: 'prefix', prefix: 'a_' }, ['a_', 'a_b', 'ab', 'abc'], ['ab', 'abc']],
  [{ kind: 'prefix', prefix: '[a]' }, ['[a]b', 'ab', 'a'], ['ab', 'a']],
  [{ kind: 'prefix', prefix: 'a*' }, ['a*', 'a*b', 'ab'], ['ab']],
  [{ kind: 'prefix', prefix: 'a?' }, ['a?', 'ab'], ['ab']],
  [{ kind: 'prefix', prefix: 'a\\' }, ['a\\', 'a\\b', 'a', 'ab'], ['a', 'ab']],
  [{ kind: 'prefix', prefix: 'ä' }, ['ä', 'äb', 'a', 'ã', 'å'], ['a', 'ã', 'å']],
  [{ kind: 'prefix', prefix: 'A' }, ['A1', 'a1'], ['a1']],
  [{ kind: 'prefix', prefix: '\u{10FFFF}' }, ['\u{10FFFF}', '\u{10FFFF}a', '\uFFFF', '😀'], ['\uFFFF', '😀']],
  [{ kind: 'prefix', prefix: '\uD7FF' }, ['\uD7FFa', '\uE000', '😀'], ['\uE000', '😀']],
  [
    { kind: 'pattern', pattern: 'a:*:c' },
    ['a:b:c', 'a::c', 'a:b:b:c', 'a:c', 'a:b:cd', 'xa:b:c'],
    ['a:c', 'a:b:cd', 'xa:b:c'],
  ],
  [{ kind: 'pattern', pattern: 'a?' }, ['ab', 'a😀', 'aä', 'a', 'abc'], ['a', 'abc']],
  [{ kind: 'pattern', pattern: 'a\\*' }, ['a*', 'ab', 'a'], ['ab', 'a']],
  [{ kind: 'pattern', pattern: 'a\\?' }, ['a?', 'ab'], ['ab']],
  [{ kind: 'pattern', pattern: 'a\\\\*' }, ['a\\', 'a\\b', 'ab'], ['ab']],
  [{ kind: 'pattern', pattern: '*a*' }, ['a', 'bab', 'b'], ['b']],
  [{ kind: 'pattern', pattern: '%_' }, ['%_', '%a', 'aa'], ['%a', 'aa']],
  [{ kind: 'pattern', pattern: '[ab]*' }, ['[ab]', '[ab]c', 'a', 'b'], ['a', 'b']],
  [{ kind: 'pattern', pattern: '*' }, ['a', '😀'], []],
  [{ kind: 'all' }, ['a', 'b:c', '😀'], []],
];

const EACH_KIND: readonly Invalidation[] = [
  { kind: 'keys', keys: ['a:1'] },
  { kind: 'tags', tags: ['tag'] },
  { kind: 'prefix', prefix: 'a:' },
  { kind: 'pattern', pattern: 'a:?' },
  { kind: 'all' },
];

export function describeInvalidations(test: StoreUnderTest): void {
  describe('an invalidation', () => {
    for (const [invalidation, keys, left] of CASES) {
      const title = `of ${JSON.stringify(invalidation)} removes of ${JSON.stringify(keys)} all but ${JSON.stringify(left)}`;
      it(title, async () => {
        await Promise.all(keys.map((key) => test.put(key)));
        await Promise.all(keys.map((key) => test.put(key, { namespace: 'other' })));
        await test.store.invalidate('space', invalidation);
        expect(await test.found(...keys)).toEqual(left);
        const others = await test.store.getMany('other', keys);
        expect(others.filter(({ entry }) => entry === undefined)).toEqual([]);
      });
    }

    it('of tags removes what has one of them, and nothing else', async () => {
      await test.put('one', { tags: ['a'] });
      await test.put('both', { tags: ['b', 'a'] });
      await test.put('other', { tags: ['c', 'ab', 'A'] });
      await test.put('none');
      await test.put('one', { tags: ['a'], namespace: 'other' });
      await test.store.invalidate('space', { kind: 'tags', tags: ['a', 'unknown'] });
      expect(await test.found('one', 'both', 'other', 'none')).toEqual(['other', 'none']);
      expect(await test.find('one', 'other')).toBeDefined();
    });

    for (const invalidation of EACH_KIND)
      it(`of ${JSON.stringify(invalidation)} leaves what comes after it`, async () => {
        await test.put('a:1', { json: '1', tags: ['tag'] });
        await test.store.invalidate('space', invalidation);
        expect(await test.put('a:1', { json: '2', tags: ['tag'] })).toBe(true);
        expect((await test.find('a:1'))?.json).toBe('2');
        await test.store.purge?.();
        expect((await test.find('a:1'))?.json).toBe('2');
        await test.store.invalidate('space', invalidation);
        expect(await test.found('a:1')).toEqual([]);
      });

    it('may be said again, and of what was never there', async () => {
      await test.store.invalidate('nothing', { kind: 'all' });
      await test.store.invalidate('nothing', { kind: 'tags', tags: ['a', 'a'] });
      await test.store.invalidate('nothing', { kind: 'pattern', pattern: 'x*' });
      expect(await test.find('x', 'nothing')).toBeUndefined();
    });

    it('of a prefix removes thousands', async () => {
      const keys = Array.from({ length: 3_000 }, (_, index) => `many:${index}`);
      await Promise.all([...keys, 'few:1'].map((key) => test.put(key)));
      await test.store.invalidate('space', { kind: 'prefix', prefix: 'many:' });
      expect(await test.found(...keys, 'few:1')).toEqual(['few:1']);
    });
  });
}
