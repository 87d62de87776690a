import { describe, expect, it } from '@jest/globals';
import { tagsOf } from './tags.ts';

describe('tagsOf', () => {
  it('brings tags to one form, each once', () => {
    const texts = [' Backend ', '#api', '## api', 'good\u00a0first\n issue', 'backend', '', '#', 'C#', 'a\0b'];
    expect(tagsOf(texts)).toEqual({ tags: ['Backend', 'api', 'good first issue', 'C#', 'a b'], notes: [] });
  });

  it('leaves out what is too long and too much, and says so', () => {
    const many = Array.from({ length: 40 }, (_, n) => `t${n}`);
    const { tags, notes } = tagsOf(['x'.repeat(65), ...many]);
    expect(tags).toEqual(many.slice(0, 32));
    expect(notes).toEqual([
      'has a tag of more than 64 characters; not used',
      'has more than 32 tags; the rest is not used',
    ]);
  });
});
