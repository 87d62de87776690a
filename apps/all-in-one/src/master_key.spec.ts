import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { masterKeyIn } from './master-key.ts';

describe('the master key in the data folder', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('is made once, for the owner alone, and stays', async () => {
    const data = join(folder.path, 'data');
    const key = await masterKeyIn(data);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(await masterKeyIn(data)).toBe(key);
    expect(await readdir(data)).toEqual(['master-key']);
    expect((await stat(join(data, 'master-key'))).mode & 0o777).toBe(0o600);
  });

  it('differs from folder to folder', async () => {
    expect(await masterKeyIn(join(folder.path, 'a'))).not.toBe(await masterKeyIn(join(folder.path, 'b')));
  });

  it.each(['', 'abc', 'x'.repeat(64)])('is not made anew where the file holds "%s"', async (text) => {
    const file = join(folder.path, 'master-key');
    await writeFile(file, text);
    await expect(masterKeyIn(folder.path)).rejects.toThrow('does not hold a master key. Restore it');
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
