import { describe, expect, it } from '@jest/globals';
import { isRequired } from '@purser/testing';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { find, storing, useFolder } from './testing/opened-stores.ts';

const stores = useFolder();
const VALUE_BYTES = 64 * 1024;
/** 1 GiB takes up to a minute on a busy machine, so it is a quarter of it but where nothing may be left out. */
const MAX_BYTES = isRequired() ? 2 ** 30 : 2 ** 28;
const noise = randomBytes(8 * 1024 * 1024).toString('base64');

/** No two are alike, and none gets much smaller. */
function valueOf(index: number): string {
  return JSON.stringify(noise.slice((index * 4_099) % (noise.length - VALUE_BYTES)).slice(0, VALUE_BYTES) + index);
}

describe(`a store of ${MAX_BYTES} bytes that is full`, () => {
  it('is there after a restart, to its last entry, and within its limit', async () => {
    const options = { maxBytes: MAX_BYTES, compressAboveBytes: Infinity, trustAfterRestart: () => true };
    const store = await stores.open(options);
    // Some more than there is room for.
    const count = Math.ceil((MAX_BYTES / VALUE_BYTES) * 1.05);
    for (let at = 0; at < count; at += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.set(storing(`key${at + index}`, valueOf(at + index)))),
      );
    const before = store.statistics();
    expect(before.evictions).toBeGreaterThan(0);
    expect(before.bytes).toBeGreaterThan(0.95 * MAX_BYTES);
    await store.close();
    expect(statSync(stores.file).size).toBeLessThanOrEqual(MAX_BYTES);

    const next = await stores.open(options);
    expect(next.statistics()).toMatchObject({ entries: before.entries, evictions: 0 });
    const last = Math.ceil(count / 50) * 50 - 1;
    const oldest = last - before.entries! + 1;
    for (let index = oldest; index <= last; index += 37)
      expect((await find(next, `key${index}`))?.json === valueOf(index)).toBe(true);
    expect((await find(next, `key${last}`))?.unverified).toBeUndefined();
    expect(await find(next, 'key0')).toBeUndefined();
    expect(stores.problems).toEqual([]);
  }, 300_000);
});
