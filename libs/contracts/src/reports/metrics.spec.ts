import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { validate } from '../validate.ts';
import { catalogueParts } from './catalogue.ts';
import { metricChanges, metricInput, metrics, metricSearch } from './metrics.ts';

const least = { metricId: 'm', name: 'M', description: '', category: 'c', tier: 't', businessDomain: 'd' };
const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
  return 'nothing was refused';
};
const refused = (more: object) => refusal(() => validate(metricInput, { ...least, ...more }));
const DIRECTIONS = new RegExp(
  '^definition\\.expectedDirection: must be one of higher, increase, up, maximize \\(more is better\\) ' +
    'or lower, decrease, down, minimize \\(less is better\\)$',
);
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe('a definition', () => {
  it('has defaults, and keeps its sections as they are', () => {
    const sections = { governance: { b: 1, a: [null, { '': '' }] }, dimensions: [], weight: 0, open: false, note: '' };
    Object.assign(sections, { relationships: null, most: Number.MAX_SAFE_INTEGER, small: 0.1 + 0.2, smallest: 5e-324 });
    expect(validate(metricInput, { ...least, ...sections })).toEqual({
      ...{ ...least, shortName: null, metricType: null, tags: [], owner: null, definition: null, targets: null },
      ...{ status: 'active', version: null, ...sections },
    });
  });

  it.each([
    ['higher', { target: 3, warning: 2, critical: 1 }],
    ['higher', { target: 3, critical: 3 }],
    ['higher', { warning: null, critical: 1, target: 2 }],
    ['lower', { target: 1, warning: 2, critical: 3 }],
    ['lower', { warning: 0, critical: 0 }],
    ...['increase', 'up', 'maximize'].map((word) => [word, { target: 3, warning: 2, critical: 1 }] as const),
    ...['decrease', 'down', 'minimize'].map((word) => [word, { target: 1, warning: 2, critical: 3 }] as const),
    [null, { target: 1, warning: 2, critical: 0 }],
  ])('may aim %s with %j', (expectedDirection, targets) => {
    const given = { ...least, definition: { expectedDirection }, targets };
    expect(validate(metricInput, given)).toMatchObject({ definition: { expectedDirection }, targets });
  });

  it.each([
    [
      'higher',
      { target: 3, warning: 4 },
      'targets.warning: must be at most "target" (3) where expectedDirection is "higher"',
    ],
    [
      'higher',
      { target: 3, critical: 4 },
      'targets.critical: must be at most "target" (3) where expectedDirection is "higher"',
    ],
    ['up', { target: 3, warning: 4 }, 'targets.warning: must be at most "target" (3) where expectedDirection is "up"'],
    [
      'minimize',
      { warning: 3, critical: 2 },
      'targets.critical: must be at least "warning" (3) where expectedDirection is "minimize"',
    ],
    [
      'lower',
      { warning: 3, critical: 2 },
      'targets.critical: must be at least "warning" (3) where expectedDirection is "lower"',
    ],
  ])('may not aim %s with %j', (expectedDirection, targets, message) => {
    expect(refused({ definition: { expectedDirection }, targets })).toBe(message);
  });

  it.each([
    [{ metricId: '.x' }, /^metricId: must be 1 to 128 of A-Z a-z/],
    [{ metricId: 'x/y' }, /^metricId: must be 1 to 128/],
    [{ metricId: 'stats' }, /^metricId: must not be one of export, import, search, stats/],
    [{ name: 'a\nb' }, /^name: must not hold control characters/],
    [{ targets: { target: '1' } }, /^targets\.target: must be a number/],
    [{ targets: { goal: 1 } }, /^targets\.goal: is not a field that is known here/],
    [{ createdAt: 'x' }, /^createdAt: is no field of a definition, and no section can be called so/],
    [{ rank: 1 }, /^rank: is no field/],
    [{ 'a b': 1 }, /^a b: is called what no section can be/],
    [{ x: { y: ['a\0b'] } }, /^x\.y\[0\]: must not hold the character NUL/],
    [{ x: '\ud800' }, /^x: must not hold .* half of a surrogate pair/],
    [{ x: { '\0': 1 } }, /^x: must not hold/],
    [{ x: Infinity }, /^x: must be a number that keeps its digits in JSON/],
    [{ x: [{ y: Number.MAX_SAFE_INTEGER + 1 }] }, /^x\[0\]\.y: must be a number that keeps its digits.* as a string$/],
    [{ x: -(2 ** 64) }, /^x: must be a number that keeps its digits/],
    [{ definition: { offset: 1e300 } }, /^definition\.offset: must be a number that keeps its digits/],
    [{ definition: { expectedDirection: 'maintain' } }, DIRECTIONS],
    [{ definition: { expectedDirection: 'target' } }, DIRECTIONS],
    [{ definition: { expectedDirection: '' } }, DIRECTIONS],
    [{ x: nested(16) }, /must be nested at most 16 deep/],
    [{ x: Array.from({ length: 5_001 }, () => 0) }, /^body: must hold at most 5000 values in all/],
    [Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`s${n}`, n])), /^body: must have at most 50 sections/],
    [{ x: 'é'.repeat(32_760) }, /^body: must have at most 65536 bytes/],
  ])('is held to its bounds, case %#', (more, message) => {
    expect(refused(more)).toMatch(message);
  });

  it('may be as large as its bounds are', () => {
    expect(validate(metricInput, { ...least, x: nested(15) })).toHaveProperty('x');
    expect(validate(metricInput, { ...least, x: 'é'.repeat(32_500) })).toHaveProperty('x');
  });

  it('changes in what is named alone, and is never called anew', () => {
    expect(validate(metricChanges, { owner: null, governance: null, x: 1 })).toEqual({
      ...{ owner: null, governance: null, x: 1 },
    });
    expect(refusal(() => validate(metricChanges, { metricId: 'n' }))).toMatch(/^metricId: can not be changed/);
    expect(refusal(() => validate(metricChanges, { name: null }))).toMatch(/^name: must be a string/);
    expect(refusal(() => validate(metricChanges, { revision: 1 }))).toMatch(/^revision: is no field/);
  });
});

describe('a query', () => {
  it('takes tags with commas between, or several times', () => {
    const read = (tags: unknown) => validate(metrics.list.request, { tags }).tags;
    expect([read('a'), read('a, b'), read(['a', 'b'])]).toEqual([['a'], ['a', 'b'], ['a', 'b']]);
    expect(refusal(() => read(''))).toMatch(/^tags\[0\]: must have 1 to 64 characters/);
  });

  it('for a search has words', () => {
    expect(validate(metricSearch, { q: ' net ' })).toEqual({ q: 'net', page: 1, limit: 50 });
    expect(refusal(() => validate(metricSearch, {}))).toMatch(/^q: is required/);
  });
});

describe('the parts of a file', () => {
  it.each([1, 2, 3, 7, 100])('are of at most %d characters, whole ones, and make the file again', (size) => {
    const text = 'a🪙b🪙🪙漢'.repeat(5);
    const parts = [...catalogueParts(text, size)];
    expect(parts.join('')).toBe(text);
    expect(parts.every((part) => part.length > 0 && (part.length <= size || size === 1))).toBe(true);
    if (size > 1) expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });
});
