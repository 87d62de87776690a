import { describe, expect, it } from '@jest/globals';
import { openCaches } from './caches.ts';
import { CacheError } from './errors.ts';
import { keptValue } from './values.ts';

function fieldOf(value: unknown): string | undefined {
  try {
    keptValue(value);
    return undefined;
  } catch (error) {
    return (error as CacheError).field;
  }
}

describe('a value that JSON can not carry', () => {
  it.each<[string, unknown]>([
    ['value', NaN],
    ['value.a', { a: () => 1 }],
    ['value[1]', [1, undefined]],
    ['value.list[2].deep', { before: { x: [1, { y: 2 }] }, list: [{ deep: 1 }, [], { ok: [1], deep: 1n }] }],
    ['value.map', { when: new Date(0), map: new Map() }],
    ['value.made.of', { made: { toJSON: () => ({ fine: [1], of: Symbol('no') }) } }],
  ])('is refused by where it is: %s', (field, value) => {
    expect(fieldOf(value)).toBe(field);
  });
});

describe('what is to be kept beside a value', () => {
  it.each<[string, { etag?: unknown; attributes?: unknown }]>([
    ['etag', { etag: 7 }],
    ['etag', { etag: 'x'.repeat(20_000) }],
    ['attributes', { attributes: 'text' }],
    ['attributes', { attributes: { a: 'x'.repeat(70_000) } }],
    ['attributes.size', { attributes: { size: 5 } }],
    ['attributes.parse', { attributes: { parse: () => 1 } }],
  ])('is refused by its name where it is no text or too long: %s', async (field, { etag, attributes }) => {
    const caches = await openCaches();
    const cache = caches.namespace('test');
    await expect(cache.set('a', 1, { etag, attributes } as never)).rejects.toMatchObject({ field });
    const load = cache.getOrCompute('a', (load) => {
      if (etag !== undefined) load.etag(etag as never);
      else load.attributes(attributes as never);
      return 1;
    });
    await expect(load).rejects.toMatchObject({ field });
    expect(caches.statistics().tiers[0]).toMatchObject({ bytes: 0, entries: 0 });
    await caches.close();
  });
});
