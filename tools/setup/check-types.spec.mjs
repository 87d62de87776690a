import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MiniatureClone } from './testing/miniature-clone.mjs';
import { root } from './workspace.mjs';

/** @type {MiniatureClone} */
let clone;
beforeEach(() => {
  clone = new MiniatureClone();
  clone.write('apps/.gitkeep', '');
  mkdirSync(join(clone.folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules/typescript'), join(clone.folder, 'node_modules/typescript'));
  project('one', `export const half = (n: number) => n / 2;`);
  project('two', `import { half } from '../../one/src/index.ts';\nexport const quarter = half(half(1));`);
});
afterEach(() => clone.remove());

/**
 * @param {string} name
 * @param {string} source
 * @param {object} [options] of the compiler, beside those of all
 */
function project(name, source, options = {}) {
  clone.write(`libs/${name}/package.json`, JSON.stringify({ name, scripts: { typecheck: 'tsc' } }));
  const all = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    lib: ['es2024'],
    allowImportingTsExtensions: true,
    types: [],
  };
  clone.write(`libs/${name}/tsconfig.json`, JSON.stringify({ compilerOptions: { ...all, ...options } }));
  clone.write(`libs/${name}/src/index.ts`, `${source}\n`);
}

const check = () => clone.run('setup/check-types');

it('finds nothing where nothing is wrong', async () => {
  expect(await check()).toEqual({ code: 0, stdout: '0 faults in the types of 2 projects\n', stderr: '' });
});

it('names file and reason of what is wrong in any project, once, also between two of them', async () => {
  project('one', `export const half = (n: string) => n;\nexport const wrong: string = 1;`);
  const { code, stdout } = await check();
  expect(code).toBe(1);
  expect(stdout.trim().split('\n')).toEqual([
    `libs/one/src/index.ts(2,14): error TS2322: Type 'number' is not assignable to type 'string'.`,
    expect.stringMatching(/^libs\/two\/src\/index\.ts\(2,34\): error TS2345: /),
    '2 faults in the types of 2 projects',
  ]);
});

it('takes each project by its own options', async () => {
  const source = 'export const first = (list: number[]): number => list[0];';
  project('one', source);
  project('two', source, { noUncheckedIndexedAccess: true });
  const { code, stdout } = await check();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^libs\/two\/.* TS2322: .*\n1 faults in the types of 2 projects\n$/s);
});

it('does not let one project see what another declares without its import', async () => {
  project('one', `declare global { var onlyHere: number }\nexport const it = globalThis.onlyHere;`);
  project('two', `export const it = globalThis.onlyHere;`);
  expect((await check()).stdout).toMatch(/^libs\/two\/src\/index\.ts\(1,\d+\): error TS/);
});

it('fails for a project whose options can not be read', async () => {
  clone.write('libs/two/tsconfig.json', '{ "extends": "./nowhere.json" }');
  const { code, stdout } = await check();
  expect(code).toBe(1);
  expect(stdout).toContain('nowhere.json');
});
