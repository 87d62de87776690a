import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { chmod, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { FolderWatches } from './folder-watches.ts';

const POLL_MS = 30_000;

let folder: TemporaryFolder;
let root: string;
let watches: FolderWatches;
let told: number;

beforeEach(async () => {
  folder = await temporaryFolder();
  root = await realpath(folder.path);
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  watches = new FolderWatches(100);
  told = 0;
  watches.whenChanged(() => (told += 1));
});
afterEach(async () => {
  watches.close();
  jest.useRealTimers();
  await folder.remove();
});

const scanned = (folders: readonly string[], tookMs = 0) => ({ folders, fileSystem: 0, tookMs });

/** What reads the source each time it is told of, for as long as this: the folders of the scan are always the same. */
async function readWhenTold(folders: readonly string[], ms: number): Promise<void> {
  const until = performance.now() + ms;
  for (let read = 0; performance.now() < until;) {
    if (told > read) {
      read = told;
      await watches.follow('source', scanned(folders));
    }
    await jest.advanceTimersByTimeAsync(250);
  }
}

/** Does `work` as somebody who is not allowed everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid!() !== 0) return work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

describe('a folder that was listed and can not be watched', () => {
  it.each([
    ['is gone', 'nowhere'],
    ['has become a file', 'file/below'],
  ])('is not told of again and again where it %s', async (_why, name) => {
    await writeFile(join(root, 'file'), '');
    const folders = [root, join(root, name)];
    expect(await watches.follow('source', scanned(folders))).toBeNull();
    await readWhenTold(folders, 10 * POLL_MS);
    // Once, for what happened between the scan and the watch of the root.
    expect(told).toBe(1);
  });

  it('fails the watch where it may not be read, and is told of once per poll', async () => {
    await chmod(root, 0o000);
    const failure = await asNobody(() => watches.follow('source', scanned([root])));
    expect(failure).toBe('can not be watched (EACCES); it is read every 30 s instead');
    await asNobody(() => readWhenTold([root], 10 * POLL_MS));
    expect(told).toBeGreaterThan(5);
    expect(told).toBeLessThanOrEqual(10);
    await chmod(root, 0o700);
  });
});

it('a folder that changes all the time is let alone as long as its last scan took', async () => {
  await watches.follow('source', scanned([root], 60_000));
  for (let second = 0; second < 59; second += 1) {
    await writeFile(join(root, 'file'), String(second));
    await nextTurn();
    await jest.advanceTimersByTimeAsync(1_000);
  }
  expect(told).toBe(0);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(told).toBe(1);
});
