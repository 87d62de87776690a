import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const here = fileURLToPath(new URL('..', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** What stands alone in an app of somebody else's, which knows neither our sources nor their condition. */
describe('the package', () => {
  let temporary: TemporaryFolder;
  let packed: string;
  let app: string;
  beforeAll(async () => {
    temporary = await temporaryFolder();
    app = join(temporary.path, 'app');
    packed = join(app, 'node_modules/@purser/caching');
    await mkdir(packed, { recursive: true });
    const { scripts } = await manifest(here);
    // The project's own `dist` is left to those who may be running it.
    const dist = join(temporary.path, 'dist');
    await build(scripts['build']!.replace('-d dist', `-d ${dist}`));
    await build(`${scripts['build:types']} --outDir ${dist}`);
    await pack(dist);
    for (const name of ['@nestjs', '@types', 'cache-manager', 'cache-manager-ioredis-yet', 'cockatiel', 'expect']) {
      await symlink(join(modules, name), join(app, 'node_modules', name));
    }
    for (const name of ['fast-check', 'ioredis', 'keyv', 'reflect-metadata', 'rxjs', 'typescript']) {
      await symlink(join(modules, name), join(app, 'node_modules', name));
    }
    await writeFile(join(app, 'package.json'), '{ "type": "module" }');
    await writeFile(join(app, 'shop.ts'), SHOP);
  });
  afterAll(() => temporary?.remove());

  /** Copies what `files` of package.json lets into the tarball. */
  async function pack(dist: string): Promise<void> {
    const { files } = await manifest(here);
    const leftOut = files.filter((file) => file.startsWith('!dist/')).map((file) => join(dist, file.slice(6)));
    const isIn = (path: string) =>
      !leftOut.some((file) => (file.endsWith('*') ? path.startsWith(file.slice(0, -1)) : path === file));
    await cp(dist, join(packed, 'dist'), { recursive: true, filter: isIn });
    await cp(join(here, 'package.json'), join(packed, 'package.json'));
  }

  it.each(['nodenext', 'bundler'])('has types for strict apps that resolve as %s', async (moduleResolution) => {
    const options = ['--strict', '--noEmit', '--target', 'es2024', '--experimentalDecorators', '--types', 'node'];
    const modules = ['--module', moduleResolution === 'bundler' ? 'esnext' : moduleResolution];
    const all = [...options, ...modules, '--moduleResolution', moduleResolution, '--skipLibCheck', 'shop.ts'];
    await expect(run(['node_modules/typescript/bin/tsc', ...all])).resolves.toBe('');
  });

  it.each(['', '/core', '/disk', '/redis', '/testing'])('runs by itself: @purser/caching%s', async (subpath) => {
    const code = `console.log(Object.keys(await import('@purser/caching${subpath}')).length > 0)`;
    await expect(run(['--input-type=module', '--eval', code])).resolves.toBe('true\n');
  });

  it('keeps an entry on the disk by the thread that came with it', async () => {
    const code = `
      import { openCaches } from '@purser/caching';
      import { openDiskStore } from '@purser/caching/disk';
      const folder = ${JSON.stringify(join(temporary.path, 'disk'))};
      const onProblem = (problem) => console.error(problem);
      const caches = await openCaches({ tiers: [{ store: await openDiskStore({ folder, onProblem }) }] });
      await caches.namespace('a').set('k', 0);
      console.log(caches.statistics().tiers[1].entries);
      await caches.close();`;
    await expect(run(['--input-type=module', '--eval', code])).resolves.toBe('1\n');
  });

  it('needs no Nest where the cache alone is wanted', async () => {
    const bare = join(temporary.path, 'bare');
    await mkdir(join(bare, 'node_modules/@purser'), { recursive: true });
    await cp(packed, join(bare, 'node_modules/@purser/caching'), { recursive: true });
    await symlink(join(modules, 'cockatiel'), join(bare, 'node_modules/cockatiel'));
    const code = `
      import { key, openCaches } from '@purser/caching/core';
      import { openDiskStore } from '@purser/caching/disk';
      const folder = ${JSON.stringify(join(temporary.path, 'bare-disk'))};
      const caches = await openCaches({ tiers: [{ store: await openDiskStore({ folder, onProblem: console.error }) }] });
      console.log(await caches.namespace('a').getOrCompute(key('a', 1), () => null));
      await caches.close();`;
    await expect(run(['--input-type=module', '--eval', code], bare)).resolves.toBe('null\n');
  });

  it('has no link in its README that leads out of it', async () => {
    const readme = await readFile(join(here, 'README.md'), 'utf8');
    expect([...readme.matchAll(/\]\((?!https?:|#)[^)]*\)/g)].map(([link]) => link)).toEqual([]);
  });

  async function run(args: readonly string[], cwd = app): Promise<string> {
    const { stdout, stderr } = await execute(process.execPath, args, { cwd, env: {} }).catch(
      (error: { stdout: string; stderr: string }) => error,
    );
    return stdout + stderr;
  }
});

const SHOP = `
import { Cached, CacheModule, InjectCache, InvalidateCache, openCaches, type Cache, type Store } from '@purser/caching';
import { openDiskStore } from '@purser/caching/disk';
import { redisStore } from '@purser/caching/redis';
import { chaotic, createTestBus, describeStore } from '@purser/caching/testing';

class Shop {
  constructor(readonly cache: Cache) {}
  @Cached({ ttl: 1_000, tags: (_found: unknown, id: string) => [id] })
  async find(id: string) { return this.cache.getOrCompute(id, () => ({ price: 1 })); }
  @InvalidateCache({ tags: ['all'] })
  async change() {}
}
export const price: Promise<number> = new Shop((await openCaches()).namespace('a')).find('1').then((found) => found.price);
export const used: readonly unknown[] = [CacheModule.forRoot(), InjectCache, openDiskStore, redisStore, chaotic, createTestBus];
export const suite = (store: Store) => describeStore('own', async () => ({ store }));
// @ts-expect-error A number is no life of a value: so types are there, and not any.
CacheModule.forRoot({ defaults: 5 });
`;

async function manifest(folder: string): Promise<{ files: readonly string[]; scripts: Record<string, string> }> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as never;
}

async function build(command: string): Promise<void> {
  const env = { PATH: [join(modules, '.bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
  await execute('sh', ['-c', command], { cwd: here, env });
}
