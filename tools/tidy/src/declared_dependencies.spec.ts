import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importedPackages } from './imported_packages.ts';
import { fromRoot, projects, readJson, root, writtenFiles, type Manifest, type Project } from './workspace.ts';

const rootTools = Object.keys(readJson<Manifest>(join(root, 'package.json')).devDependencies ?? {});

/**
 * What runs in production needs a runtime dependency, or the image that leaves development dependencies out can't start.
 * Specs, type imports and what a library offers to the tests of others may also stand on what only tests need.
 */
function undeclared({ kind, name: project, folder, manifest }: Project): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  const runtime = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const tests = [...runtime, ...Object.keys(manifest.devDependencies ?? {}), ...rootTools, manifest.name];
  // Of the tools only the simulator goes to users, whom all-in-one starts it for.
  const goesOut = kind !== 'tools' || project === 'provider-simulator';
  return writtenFiles(folder)
    .filter((path) => /\.[cm]?[jt]s$/.test(path))
    .flatMap((path) => {
      const shipped = goesOut && path.startsWith(join(folder, 'src')) && !/\.spec\.|\/testing\//.test(path);
      return importedPackages(readFileSync(path, 'utf8'))
        .filter(({ name, typeOnly }) => !(shipped && !typeOnly ? runtime : tests).includes(name))
        .map(({ name }) => `${fromRoot(path)} imports ${name}`);
    });
}

describe('imports', () => {
  it.each(projects().map((project) => [project.name, project] as const))(
    'of %s are declared in its package.json',
    (_name, project) => {
      expect(undeclared(project)).toEqual([]);
    },
  );

  it.each([
    [`import { a } from '@purser/errors';`, { name: '@purser/errors', typeOnly: false }],
    [`import {\n  a,\n  b,\n} from "rxjs/operators";`, { name: 'rxjs', typeOnly: false }],
    [`import type { Pool } from 'pg';`, { name: 'pg', typeOnly: true }],
    [`import { type Pool } from 'pg';`, { name: 'pg', typeOnly: false }],
    [`export * from 'zod';`, { name: 'zod', typeOnly: false }],
    [`import 'reflect-metadata';`, { name: 'reflect-metadata', typeOnly: false }],
    [`const x = await import('undici');`, { name: 'undici', typeOnly: false }],
    [`import.meta.resolve('@purser/x/main')`, { name: '@purser/x', typeOnly: false }],
  ])('are seen in %s', (code, expected) => {
    expect(importedPackages(code)).toEqual([expected]);
  });

  it.each([
    `import { join } from 'node:path';`,
    `import fs from 'fs';`,
    `import { a } from './a.ts';`,
    `'import "pg"'`,
  ])('are not seen in %s', (code) => {
    expect(importedPackages(code)).toEqual([]);
  });
});
