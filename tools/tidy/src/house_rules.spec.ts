import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fromRoot, projects, readJson, root, writtenFiles, type Manifest } from './workspace.ts';

const maxLines = 400;
const drawers = ['common', 'shared', 'utils', 'util', 'helpers', 'kernel', 'misc'];

/** Put together from halves, so that this file does not find itself. */
const leftovers = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);
const focused = new RegExp(`\\bf(describe|it|test)\\(|\\b(describe|it|test)(\\.\\w+)*\\.${'on' + 'ly'}\\s*[(.]`);

const isCode = (path: string): boolean => /\.[cm]?[jt]sx?$/.test(path);
const written = writtenFiles(root).filter((path) => basename(path) !== 'package-lock.json');

/** The lines of the files that match, as `path:line`. */
function hits(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${fromRoot(path)}:${index + 1}`] : [])),
  );
}

describe('what is written', () => {
  it('leaves nothing to be done later: open an issue instead', () => {
    expect(hits(written, leftovers)).toEqual([]);
  });

  it('runs every test: no focused ones, which switch all others off', () => {
    expect(hits(written.filter(isCode), focused)).toEqual([]);
  });

  it(`keeps sources under ${maxLines} lines: split by responsibility`, () => {
    const long = projects()
      .flatMap(({ folder }) => writtenFiles(join(folder, 'src')))
      .map((path) => ({ path: fromRoot(path), lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
      .filter(({ lines }) => lines > maxLines);
    expect(long).toEqual([]);
  });

  it('has no drawer: name a folder by its one responsibility', () => {
    const found = projects().flatMap(({ folder, kind }) => {
      const source = join(folder, 'src');
      const banned = kind === 'apps' ? [...drawers, 'core'] : drawers;
      const names = existsSync(source) ? readdirSync(source).map((name) => name.replace(/\.[cm]?ts$/, '')) : [];
      return names.filter((name) => banned.includes(name)).map((name) => `${fromRoot(source)}/${name}`);
    });
    expect(found).toEqual([]);
    expect(projects().filter(({ name }) => [...drawers, 'core'].includes(name))).toEqual([]);
  });

  it.each(['it.{}(x)', 'describe.{}.each(x)', 'test.concurrent.{}(x)', 'f' + 'it(x)'])('would see %s', (code) => {
    expect(focused.test(code.replace('{}', 'on' + 'ly'))).toBe(true);
  });

  it.each(['// TO' + 'DO later', '/* FIX' + 'ME */'])('would see %s', (code) => {
    expect(leftovers.test(code)).toBe(true);
  });
});

describe('libraries', () => {
  const libraries = projects().filter(
    ({ kind, folder }) => kind === 'libs' && existsSync(join(folder, 'src/index.ts')),
  );

  it.each(libraries.map(({ name, folder }) => [name, folder]))('%s says what it guarantees', (_name, folder) => {
    const readme = join(folder, 'README.md');
    const headings = existsSync(readme) ? readFileSync(readme, 'utf8').match(/^#+ .*$/gm) : [];
    expect(headings).toContainEqual(expect.stringMatching(/guarantee/i));
  });
});

describe('package-lock.json', () => {
  interface Entry extends Partial<Manifest> {
    readonly resolved?: string;
    readonly integrity?: string;
    readonly link?: boolean;
    readonly os?: readonly string[];
  }
  const lock = readJson<{ packages: Record<string, Entry> }>(join(root, 'package-lock.json'));

  it('holds no registry address, so that it installs from whichever one is configured', () => {
    const addressed = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes('://'));
    expect(addressed.map(([path]) => path)).toEqual([]);
  });

  it('pins what comes from a registry by its integrity', () => {
    const loose = Object.entries(lock.packages).filter(
      ([path, { link, integrity, os }]) => path.includes('node_modules/') && !link && !integrity && !os,
    );
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it('knows what other platforms need, or npm ci refuses there, and with some registries here too', () => {
    const missing = Object.values(lock.packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing).toEqual([]);
  });

  it('says of every project what its package.json says, or npm ci refuses', () => {
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
    const differing = projects().filter(({ folder, manifest }) => {
      const entry = lock.packages[fromRoot(folder)];
      return kinds.some((kind) => !isDeepStrictEqual(entry?.[kind] ?? {}, manifest[kind] ?? {}));
    });
    expect(differing.map(({ name }) => name)).toEqual([]);
  });

  it('knows every project', () => {
    const missing = projects().filter(({ folder }) => !lock.packages[fromRoot(folder)]);
    expect(missing.map(({ folder }) => fromRoot(folder))).toEqual([]);
  });
});
