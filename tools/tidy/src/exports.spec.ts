import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projects, writtenFiles, type Project } from './workspace.ts';

/** The source of what is built: `./dist/x.js` and `./dist/x.d.ts` are made of `./src/x.ts`. Anything else is its own source. */
function sourceOf(target: string): string {
  return target.replace(/^\.\/dist\/(.+?)(\.d\.ts|\.js)$/, './src/$1.ts');
}

/** The exports of a project that name no file that people write, as `<subpath>: <file>`. */
function dangling({ folder, manifest }: Pick<Project, 'folder' | 'manifest'>): string[] {
  const written = new Set(writtenFiles(folder));
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, targets]) =>
    (typeof targets === 'string' ? [targets] : Object.values(targets))
      .filter((target) => !written.has(join(folder, sourceOf(target))))
      .map((target) => `${subpath}: ${target}`),
  );
}

describe('exports', () => {
  it.each(projects().map((project) => [project.name, project] as const))('of %s name files', (_name, project) => {
    expect(dangling(project)).toEqual([]);
  });

  it('are seen where they name no file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'purser-exports-'));
    try {
      mkdirSync(join(folder, 'src'));
      writeFileSync(join(folder, 'src/index.ts'), '');
      const exports = {
        '.': { types: './dist/index.d.ts', default: './dist/index.js' },
        './gone': { types: './dist/gone.d.ts', default: './dist/gone.js' },
        './plain': './plain.mjs',
      };
      expect(dangling({ folder, manifest: { name: 'x', exports } })).toEqual([
        './gone: ./dist/gone.d.ts',
        './gone: ./dist/gone.js',
        './plain: ./plain.mjs',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
