import { mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import type { Cache } from './cache.ts';
import { openCaches, type Caches } from './caches.ts';
import { fileLoader, type FileContent } from './file-loader.ts';

let folder: TemporaryFolder;
let path: string;
let caches: Caches;
let cache: Cache;
const parse = jest.fn(({ bytes }: FileContent) => bytes.toString());

beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder.path, 'a.txt');
  caches = await openCaches();
  cache = caches.namespace('files', {
    ttl: 1,
    staleFor: 60_000,
    softTimeoutMs: Infinity,
    jitter: 0,
    staleOnError: false,
  });
  parse.mockClear();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await caches.close();
  await folder.remove();
});

/** What the cache gives once the life of what it has is over. */
async function read(options?: { maxBytes: number }): Promise<string | undefined> {
  await sleep(3);
  return cache.getOrCompute(path, fileLoader(path, parse, options));
}

/** Lets the file rest: looks that follow are made so much later. */
function rest(ms = 10_000): void {
  const now = Date.now() + ms;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
}

it('parses a file again only when it has changed', async () => {
  await writeFile(path, 'one');
  rest();
  expect([await read(), await read(), await read()]).toEqual(['one', 'one', 'one']);
  expect(parse).toHaveBeenCalledTimes(1);
  await writeFile(path, 'two');
  expect([await read(), await read()]).toEqual(['two', 'two']);
  expect(parse).toHaveBeenCalledTimes(2);
});

it('reads a file that was written just now again, whatever its state says', async () => {
  await writeFile(path, 'one');
  rest(0);
  expect([await read(), await read()]).toEqual(['one', 'one']);
  expect(parse).toHaveBeenCalledTimes(2);
  rest();
  expect([await read(), await read()]).toEqual(['one', 'one']);
  expect(parse).toHaveBeenCalledTimes(3);
});

it('notices another file of the same length and time of writing in its place', async () => {
  const then = new Date('2026-01-01');
  await writeFile(path, 'one');
  await utimes(path, then, then);
  rest();
  expect(await read()).toBe('one');
  const other = join(folder.path, 'b.txt');
  await writeFile(other, 'two');
  await utimes(other, then, then);
  await rename(other, path);
  expect(await read()).toBe('two');
});

it('takes no file for no value, and one that comes or goes for what it is', async () => {
  expect(await read()).toBeUndefined();
  await writeFile(path, '');
  expect(await read()).toBe('');
  await rm(path);
  expect(await read()).toBeUndefined();
});

it('gives a file that was written while it was read as it is in the end', async () => {
  await writeFile(path, 'x'.repeat(3_000_000));
  rest();
  const reading = cache.getOrCompute(path, fileLoader(path, parse));
  await writeFile(path, 'short');
  expect(await reading).toMatch(/^(x{3000000}|short|)$/);
  expect(await read()).toBe('short');
});

it('refuses what is no regular file, and what is too large', async () => {
  await writeFile(path, '12345');
  await expect(read({ maxBytes: 4 })).rejects.toMatchObject({ code: 'invalid_value', field: path });
  expect(await read({ maxBytes: 5 })).toBe('12345');
  await rm(path);
  await mkdir(path);
  await expect(read()).rejects.toMatchObject({ code: 'invalid_value', field: path });
  expect(() => fileLoader(path, parse, { maxBytes: -1 })).toThrow('maxBytes');
});

it('keeps nothing of a file that could not be parsed', async () => {
  await writeFile(path, 'bad');
  rest();
  parse.mockImplementationOnce(() => {
    throw new Error('not like this');
  });
  await expect(read()).rejects.toThrow('not like this');
  expect(await read()).toBe('bad');
});
