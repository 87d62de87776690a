import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnService, temporaryFolder, type Service, type TemporaryFolder } from '@purser/testing';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderHeldError, ProcessLock } from '../index.ts';

describe('the lock on a data folder', () => {
  let folder: TemporaryFolder;
  let other: Service | undefined;
  const path = () => join(folder.path, 'purser.pid');

  /** Another process, which writes its id as `purser.pid` and keeps the file open, or not. */
  async function startOther(how: 'keeps' | 'closes'): Promise<Service> {
    const script = `
      const { openSync, writeSync, closeSync } = require('node:fs');
      const file = openSync(${JSON.stringify(path())}, 'w');
      writeSync(file, process.pid + '\\n');
      if ('${how}' === 'closes') closeSync(file);
      console.log('there');
      setInterval(() => {}, 1000);`;
    return (other = await spawnService({ command: process.execPath, args: ['-e', script], readyLine: /there/ }));
  }

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await other?.kill9();
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
    const { pid } = await startOther('keeps');
    const refused = ProcessLock.acquire(folder.path);
    await expect(refused).rejects.toThrow(FolderHeldError);
    await expect(refused).rejects.toMatchObject({ pid, message: `${folder.path} is in use by process ${pid}.` });
    expect(readdirSync(folder.path)).toEqual(['purser.pid']);
    expect(readFileSync(path(), 'utf8')).toBe(`${pid}\n`);
  });

  it('is refused while another process is just taking it', async () => {
    writeFileSync(path(), '');
    await expect(ProcessLock.acquire(folder.path)).rejects.toThrow('in use by a process that is just starting');
  });

  it.each([
    ['of a process that is gone', '4194305\n'],
    ['of this process, from before its container started again', `${process.pid}\n`],
    ['that was never written', ''],
    ['that is no id', 'what?'],
  ])('takes over a file %s', async (_, content) => {
    writeFileSync(path(), content);
    const before = new Date(Date.now() - 60_000);
    await utimes(path(), before, before);
    const lock = await ProcessLock.acquire(folder.path);
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`);
    expect(readdirSync(folder.path)).toEqual(['purser.pid']);
    await lock.release();
  });

  it('takes over a file whose id another process has got since', async () => {
    await startOther('closes');
    const before = new Date(Date.now() - 60_000);
    await utimes(path(), before, before);
    const lock = await ProcessLock.acquire(folder.path);
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`);
    await lock.release();
  });

  it('is not given back by one who has lost it', async () => {
    const lock = await ProcessLock.acquire(folder.path);
    await folder.remove();
    const again = await ProcessLock.acquire(folder.path);
    await lock.release();
    expect(readFileSync(path(), 'utf8')).toBe(`${process.pid}\n`);
    await again.release();
  });
});
