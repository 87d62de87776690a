import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { SourceFolders } from './source-folders.ts';

let folder: TemporaryFolder;
let base: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  base = await realpath(folder.path);
  await mkdir(join(base, 'allowed/inner'), { recursive: true });
  await mkdir(join(base, 'allowed-not'));
  await writeFile(join(base, 'allowed/file'), '');
  await symlink(join(base, 'allowed-not'), join(base, 'allowed/out'));
  await symlink(join(base, 'allowed'), join(base, 'alias'));
});
afterEach(() => folder.remove());

const outside = 'is outside of the folders that PURSER_SOURCE_ROOTS allows';

describe('SourceFolders', () => {
  it.each([
    ['allowed', 'allowed'],
    ['allowed/inner', 'allowed/inner'],
    ['alias/inner', 'allowed/inner'],
    ['allowed/out', 'allowed-not'],
  ])('allows any folder without roots: %s', (path, real) => {
    expect(new SourceFolders([]).locate(join(base, path))).toBe(join(base, real));
  });

  it.each([
    ['nowhere', 'is gone, or a link to nothing'],
    ['allowed/file', 'is not a folder'],
    ['allowed/file/below', 'is not a folder'],
    [`allowed/${'x'.repeat(300)}`, 'has a path that is too long'],
  ])('refuses what is no folder: %s', (path, reason) => {
    expect(() => new SourceFolders([]).locate(join(base, path))).toThrow(reason);
    expect(() => new SourceFolders([join(base, 'allowed')]).locate(join(base, path))).toThrow(
      path === 'nowhere' ? outside : reason,
    );
  });

  it.each(['allowed', 'alias'])('looks where links lead, of the root %s as well', (root) => {
    const folders = new SourceFolders([join(base, 'nowhere'), join(base, root)]);
    for (const path of ['allowed', 'allowed/inner', 'alias/inner']) {
      expect(folders.locate(join(base, path))).toMatch(/allowed/);
    }
    for (const path of ['', 'allowed-not', 'allowed/out', 'alias/out', 'nowhere/else']) {
      expect(() => folders.locate(join(base, path))).toThrow(path === 'nowhere/else' ? /gone/ : outside);
    }
  });
});
