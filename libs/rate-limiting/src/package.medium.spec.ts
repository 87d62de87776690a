import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
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
    packed = join(app, 'node_modules/@purser/rate-limiting');
    await mkdir(packed, { recursive: true });
    const { scripts } = await manifest(here);
    // The project's own `dist` is left to those who may be running it.
    const dist = join(temporary.path, 'dist');
    await build(scripts['build']!.replace('-d dist', `-d ${dist}`));
    await build(`${scripts['build:types']} --outDir ${dist}`);
    await pack(dist);
    for (const name of ['@nestjs', '@types', 'expect', 'ioredis', 'reflect-metadata', 'rxjs', 'typescript']) {
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
    await cp(dist, join(packed, 'dist'), { recursive: true, filter: (path) => !leftOut.includes(path) });
    await cp(join(here, 'package.json'), join(packed, 'package.json'));
  }

  it.each(['nodenext', 'bundler'])('has types for strict apps that resolve as %s', async (moduleResolution) => {
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noEmit',
      '--target',
      'es2024',
      '--experimentalDecorators',
      '--types',
      'node',
    ];
    const modules = ['--module', moduleResolution === 'bundler' ? 'esnext' : moduleResolution];
    const all = [...options, ...modules, '--moduleResolution', moduleResolution, '--skipLibCheck', 'shop.ts'];
    await expect(run(['node_modules/typescript/bin/tsc', ...all])).resolves.toBe('');
  });

  it.each(['', '/core', '/redis', '/testing'])('runs by itself: @purser/rate-limiting%s', async (subpath) => {
    const code = `console.log(Object.keys(await import('@purser/rate-limiting${subpath}')).length > 0)`;
    await expect(run(['--input-type=module', '--eval', code])).resolves.toBe('true\n');
  });

  it('needs nothing else where no Nest is wanted', async () => {
    const bare = join(temporary.path, 'bare');
    await mkdir(join(bare, 'node_modules/@purser'), { recursive: true });
    await cp(packed, join(bare, 'node_modules/@purser/rate-limiting'), { recursive: true });
    const code = `
      import { Limiter, rateLimit } from '@purser/rate-limiting/core';
      const limiter = new Limiter();
      const demands = [{ limit: rateLimit('requests', { amount: 1, perMs: 1e9 }), subject: 'a' }];
      console.log(limiter.take(demands).allowed, limiter.take(demands).reason);
      await limiter.close();`;
    await expect(run(['--input-type=module', '--eval', code], bare)).resolves.toBe('true rate\n');
  });

  it('has nothing that only its own tests use', async () => {
    const files = await readdir(join(packed, 'dist'), { recursive: true });
    const folders = new Set(files.filter((file) => file.endsWith('.js')).map((file) => dirname(file)));
    expect([...folders].filter((folder) => folder.includes('testing')).toSorted()).toEqual([
      'testing',
      'testing/stores',
    ]);
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
import { FallbackStore, Limiter, RateLimit, rateLimit, RateLimitModule, slotLimit, type LimitStore } from '@purser/rate-limiting';
import { RedisStore } from '@purser/rate-limiting/redis';
import { describeLimitStore, VirtualClock } from '@purser/rate-limiting/testing';

const requests: RateLimit = rateLimit('requests', { amount: 1, perMs: 1_000 });
class Shop {
  @RateLimit({ limits: [requests, slotLimit('concurrency', { slots: 1 })] })
  find() { return []; }
}
export const grant = await new Limiter().acquire([{ limit: requests, subject: 'a' }], { client: 'a' });
export const waited: number = grant.waitedMs;
export const used: readonly unknown[] = [Shop, RateLimitModule.forRoot(), RedisStore, VirtualClock];
export const redisStore: LimitStore = new RedisStore({ redis: null as never });
export const fallbackStore: LimitStore = new FallbackStore({ primary: redisStore, share: 0.5 });
export const suite = (store: LimitStore) => describeLimitStore('own', async () => ({ store }));
// @ts-expect-error A text is no amount: so types are there, and not any.
rateLimit('requests', { amount: '1', perMs: 1 });
`;

async function manifest(folder: string): Promise<{ files: readonly string[]; scripts: Record<string, string> }> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as never;
}

async function build(command: string): Promise<void> {
  const env = { PATH: [join(modules, '.bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
  await execute('sh', ['-c', command], { cwd: here, env });
}
