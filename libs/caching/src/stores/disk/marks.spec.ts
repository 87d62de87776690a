import { describe, expect, it } from '@jest/globals';
import { Marks, MAX_SWEEPS, MAX_TAGS } from './marks.ts';

const newMarks = (): Marks => new Marks(1, { floor: 0, tagFloor: 0 });

describe('marks of tags', () => {
  it('that are too many forget the oldest, and then trust no entry with tags that is older', () => {
    const marks = newMarks();
    const before = marks.sequence;
    marks.markTags('space', ['first']);
    const between = marks.sequence;
    for (let i = 0; i < MAX_TAGS; i += 1) marks.markTags('space', [`tag${i}`]);
    expect(marks.isInvalidated('space', 'key', ['first'], before)).toBe(true);
    expect(marks.isInvalidated('space', 'key', ['another'], before)).toBe(true);
    expect(marks.isInvalidated('space', 'key', [], before)).toBe(false);
    expect(marks.isInvalidated('space', 'key', ['first'], between)).toBe(false);
    expect(marks.changes.tags.size).toBe(MAX_TAGS + 1);
    expect([...marks.changes.tags.values()].filter((position) => position === undefined)).toHaveLength(1);
  });

  it('that are marked again do not count twice, and are not the oldest any more', () => {
    const marks = newMarks();
    const before = marks.sequence;
    for (let i = 0; i < MAX_TAGS + 10; i += 1) marks.markTags('space', ['same', `tag${i % 100}`]);
    expect(marks.isInvalidated('space', 'key', ['another'], before)).toBe(false);
    expect(marks.isInvalidated('space', 'key', ['same'], marks.sequence - 1)).toBe(true);
  });
});

describe('invalidations whose entries are not removed yet', () => {
  it('become one of the whole namespace where they are too many', () => {
    const marks = newMarks();
    const before = marks.sequence;
    for (let i = 0; i <= MAX_SWEEPS; i += 1) marks.sweep(marks.note('space', { kind: 'prefix', prefix: `a${i}` }));
    expect(marks.sweeps).toHaveLength(1);
    expect(marks.isInvalidated('space', 'a7', [], before)).toBe(true);
    expect(marks.isInvalidated('space', 'other', [], before)).toBe(true);
    expect(marks.isInvalidated('other', 'a7', [], before)).toBe(false);
    expect(marks.isInvalidated('space', 'a7', [], marks.sequence)).toBe(false);
  });

  it('of keys stay of these keys', () => {
    const marks = newMarks();
    const before = marks.sequence;
    for (let i = 0; i < 5 * MAX_SWEEPS; i += 1) marks.sweep(marks.note('space', { kind: 'keys', keys: [`key${i}`] }));
    expect(marks.sweeps.length).toBeLessThanOrEqual(MAX_SWEEPS);
    expect(marks.isInvalidated('space', 'key0', [], before)).toBe(true);
    expect(marks.isInvalidated('space', 'key499', [], before)).toBe(true);
    expect(marks.isInvalidated('space', 'key500', [], before)).toBe(false);
  });

  it('of too many namespaces become one of everything', () => {
    const marks = newMarks();
    const before = marks.sequence;
    for (let i = 0; i <= MAX_SWEEPS; i += 1) marks.sweep(marks.note(`space${i}`, { kind: 'all' }));
    expect(marks.sweeps).toEqual([]);
    expect(marks.isInvalidated('space7', 'key', [], before)).toBe(true);
    expect(marks.isInvalidated('another', 'key', [], before)).toBe(true);
    expect(marks.isInvalidated('another', 'key', [], marks.sequence)).toBe(false);
  });
});

describe('loads that were under way', () => {
  it('for longer than what is known of invalidations are refused', () => {
    const marks = newMarks();
    const before = marks.sequence;
    marks.note('space', { kind: 'keys', keys: ['other'] });
    expect(marks.isOvertaken('space', 'key', [], before)).toBe(false);
    for (let i = 0; i < 21; i += 1) {
      const keys = Array.from({ length: 1_000 }, (_, index) => `${i}:${index}`);
      marks.note('space', { kind: 'keys', keys });
    }
    expect(marks.isOvertaken('space', 'key', [], before)).toBe(true);
    expect(marks.isOvertaken('space', 'key', [], marks.sequence - 5)).toBe(false);
    expect(marks.isOvertaken('space', '20:7', [], marks.sequence - 5)).toBe(true);
  });
});
