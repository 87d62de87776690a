import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { readFileSync, readdirSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderHeldError, ProcessLock } from '../index.ts';
import { startedAt } from './process-start.ts';

describe('the lock on a data folder', () => {
  let folder: TemporaryFolder;
  const path = () => join(folder.path, 'purser.pid');

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it('makes the folder, holds our id, leaves nothing else behind', async () => {
    const inner = join(folder.path, 'a/b');
    const lock = await ProcessLock.acquire(inner);
    expect(readFileSync(join(inner, 'purser.pid'), 'utf8')).toBe(`${process.pid}\n`);
    expect(readdirSync(inner)).toEqual(['purser.pid']);
    await lock.release();
    expect(readdirSync(inner)).toEqual([]);
  });

  it('is refused while another process holds it, and says which', async () => {
    // Older than the file: whoever started this test.
    await writeFile(path(), `${process.ppid}\n`);
    const refused = ProcessLock.acquire(folder.path);
    await expect(refused).rejects.toThrow(FolderHeldError);
    await expect(refused).rejects.toMatchObject({ pid: process.ppid });
    expect(readdirSync(folder.path)).toEqual(['purser.pid']);
    expect(readFileSync(path(), 'utf8')).toBe(`${process.ppid}\n`);
  });

  it.each([
    ['of a process that is gone', '4194305\n'],
    ['of this process, from before its container started again', `${process.pid}\n`],
    ['that is empty', ''],
    ['that is no id', 'what?'],
  ])('takes over a file %s', async (_, content) => {
    await writeFile(path(), content);
    await ProcessLock.acquire(folder.path);
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`);
    expect(readdirSync(folder.path)).toEqual(['purser.pid']);
  });

  it('takes over a file from before the process that has its id now', async () => {
    await writeFile(path(), `${process.ppid}\n`);
    const before = new Date((await startedAt(process.ppid))! - 60_000);
    await utimes(path(), before, before);
    await ProcessLock.acquire(folder.path);
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('is not given back by one who has lost it', async () => {
    const lock = await ProcessLock.acquire(folder.path);
    await writeFile(path(), '1\n');
    await lock.release();
    expect(readFileSync(path(), 'utf8')).toBe('1\n');
  });
});

it('knows when a process started', async () => {
  const own = (await startedAt(process.pid))!;
  expect(Math.abs(own - performance.timeOrigin)).toBeLessThan(5_000);
  expect(await startedAt(4_194_305)).toBeUndefined();
});
