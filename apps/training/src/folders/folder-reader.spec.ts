import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, realpath, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import type { Problem } from '../items/problems.ts';
import { FolderReader } from './folder-reader.ts';
import { limits } from './limits.ts';

let folder: TemporaryFolder;
let base: string;
let root: string;
let problems: Problem[];

beforeEach(async () => {
  folder = await temporaryFolder();
  base = await realpath(folder.path);
  root = join(base, 'root');
  problems = [];
  for (const path of ['root/inside', 'outside']) await mkdir(join(base, path), { recursive: true });
  await writeFile(join(root, 'inside/file.md'), 'inside');
  await writeFile(join(base, 'outside/file.md'), 'secret');
});
afterEach(() => folder.remove());

/** Puts a link to `target` where the folder `inside` was. */
async function swap(target: string): Promise<void> {
  await rename(join(root, 'inside'), join(root, 'moved'));
  await symlink(target, join(root, 'inside'));
}

describe('a folder that is swapped for a link after it was listed', () => {
  it('leads nothing that is read outside', async () => {
    const reader = new FolderReader(root, limits, problems);
    const inside = reader.list(reader.root)[0]!;
    const file = reader.list(inside)[0]!;
    expect(reader.read(file).bytes.toString()).toBe('inside');
    await swap(join(base, 'outside'));
    expect(() => reader.read(file)).toThrow('is a link that leaves the source; not followed');
    expect(() => reader.list(inside)).toThrow('is a link that leaves the source; not followed');
  });

  it('may lead elsewhere inside', async () => {
    const reader = new FolderReader(root, limits, problems);
    const file = reader.list(reader.list(reader.root)[0]!)[0]!;
    await swap(join(root, 'moved'));
    expect(reader.read(file).bytes.toString()).toBe('inside');
  });
});

describe('the root', () => {
  it('is missed when it goes, or another takes its place', async () => {
    const reader = new FolderReader(root, limits, problems);
    reader.refuseMovedRoot();
    await rename(root, join(base, 'away'));
    expect(() => reader.refuseMovedRoot()).toThrow('is gone, or a link to nothing');
    await mkdir(root);
    expect(() => reader.refuseMovedRoot()).toThrow('was replaced while it was read');
    await rename(root, join(base, 'other'));
    expect(() => new FolderReader(root, limits, problems)).toThrow('is gone, or a link to nothing');
  });
});
