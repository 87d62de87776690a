import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryFolder, waitUntil, type TemporaryFolder } from '@purser/testing';
import { ScanThreads } from './scan-threads.ts';

const HANGING = new URL('./testing/hanging-thread.ts', import.meta.url);

let folder: TemporaryFolder;
let threads: ScanThreads;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  threads.close();
  await folder.remove();
});

const forgetful = () => Promise.resolve(undefined);
const later = () => AbortSignal.timeout(20_000);
const scan = (path: string, signal = later()) => threads.scan({ path, roots: [] }, signal);

it('file systems that hang cost no other source its place, and one thread each', async () => {
  threads = new ScanThreads(forgetful, HANGING);
  const pipes = ['a', 'b', 'c'].map((name) => join(folder.path, name, 'pipe'));
  for (const pipe of pipes) {
    await mkdir(dirname(pipe));
    execFileSync('mkfifo', [pipe]);
  }
  const ends = await Promise.all(pipes.map((pipe) => open(pipe, 'r+')));
  try {
    for (const pipe of pipes) {
      const deadline = new AbortController();
      const scanning = expect(scan(pipe, deadline.signal)).rejects.toThrow('too late');
      const hangs = () => existsSync(join(dirname(pipe), 'hangs'));
      await waitUntil(hangs, { timeoutMs: 20_000, what: 'the thread hangs' });
      deadline.abort(new Error('too late'));
      await scanning;
    }
    expect(await scan('/elsewhere')).toMatchObject({ folders: ['/elsewhere'] });
    await expect(scan(pipes[0]!)).rejects.toThrow('does not answer: its file system hangs');
    await expect(threads.look({ path: pipes[0]!, roots: [] }, later())).rejects.toThrow('does not answer');
  } finally {
    // One byte for each that hangs, and for whoever asks again: a thread that hangs would keep the process.
    for (const end of ends) await end.write('xxxx');
  }
  const isBack = () =>
    scan(pipes[0]!).then(
      () => true,
      () => false,
    );
  await waitUntil(isBack, { timeoutMs: 20_000, what: 'it is read again' });
  for (const end of ends) await end.close();
});

it('says what is no folder that may be read, without scanning it', async () => {
  threads = new ScanThreads(forgetful);
  await threads.look({ path: folder.path, roots: [folder.path] }, later());
  await expect(threads.look({ path: join(folder.path, 'x'), roots: [] }, later())).rejects.toThrow('is gone');
  await expect(threads.look({ path: '/', roots: [folder.path] }, later())).rejects.toThrow('is outside');
  expect(await scan(folder.path)).toMatchObject({ items: [], fileSystem: expect.any(Number) });
});
