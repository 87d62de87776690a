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

interface Manifest {
  readonly files: readonly string[];
  readonly scripts: Record<string, string>;
  readonly dependencies?: Record<string, string>;
}

/** What stands alone in an app of somebody else's, which knows neither our sources nor their condition. */
describe('the package', () => {
  let temporary: TemporaryFolder;
  let manifest: Manifest;
  let app: string;
  let bare: string;
  beforeAll(async () => {
    temporary = await temporaryFolder();
    manifest = JSON.parse(await readFile(join(here, 'package.json'), 'utf8')) as Manifest;
    // The project's own `dist` is left to those who may be running it.
    const dist = join(temporary.path, 'dist');
    await build(manifest.scripts['build']!.replace('-d dist', `-d ${dist}`));
    await build(`${manifest.scripts['build:types']} --outDir ${dist}`);
    [app, bare] = [join(temporary.path, 'app'), join(temporary.path, 'bare')];
    await install(dist, app);
    await install(dist, bare);
    for (const name of ['@nestjs', '@types', 'reflect-metadata', 'rxjs', 'typescript']) {
      await symlink(join(modules, name), join(app, 'node_modules', name));
    }
    await writeFile(join(app, 'package.json'), '{ "type": "module" }');
    await writeFile(join(app, 'shop.ts'), SHOP);
  });
  afterAll(() => temporary?.remove());

  /** Copies what `files` of package.json lets into the tarball. */
  async function install(dist: string, folder: string): Promise<void> {
    const packed = join(folder, 'node_modules/@purser/resilience');
    const leftOut = manifest.files.filter((file) => file.startsWith('!dist/')).map((file) => join(dist, file.slice(6)));
    await mkdir(packed, { recursive: true });
    await cp(dist, join(packed, 'dist'), { recursive: true, filter: (path) => !leftOut.includes(path) });
    await cp(join(here, 'package.json'), join(packed, 'package.json'));
  }

  it.each(['nodenext', 'bundler'])('has types for strict apps that resolve as %s', async (moduleResolution) => {
    const options = ['--strict', '--noEmit', '--target', 'es2024', '--experimentalDecorators', '--types', 'node'];
    const modules = ['--module', moduleResolution === 'bundler' ? 'esnext' : moduleResolution];
    const all = [...options, ...modules, '--moduleResolution', moduleResolution, '--skipLibCheck', 'shop.ts'];
    await expect(run(['node_modules/typescript/bin/tsc', ...all], app)).resolves.toBe('');
  });

  it('runs beside Nest', async () => {
    const code = `console.log(typeof (await import('@purser/resilience')).ResilienceModule.forRoot)`;
    await expect(run(['--input-type=module', '--eval', code], app)).resolves.toBe('function\n');
  });

  it('runs with nothing else in its folder, and depends on nothing', async () => {
    const code = `
      import { dependency } from '@purser/resilience/core';
      const shop = dependency({ name: 'shop', deadlineMs: 5_000, retry: { baseMs: 1 }, breaker: {}, bulkhead: { maxConcurrent: 1 } });
      const work = async ({ attempt }) => { if (attempt === 1) throw new Error('busy'); return attempt; };
      console.log(await shop.run(work), shop.statistics().retries);`;
    await expect(run(['--input-type=module', '--eval', code], bare)).resolves.toBe('2 1\n');
    expect(manifest.dependencies).toBeUndefined();
  });

  it('has no link in its README that leads out of it', async () => {
    const readme = await readFile(join(here, 'README.md'), 'utf8');
    expect([...readme.matchAll(/\]\((?!https?:|#)[^)]*\)/g)].map(([link]) => link)).toEqual([]);
  });
});

const SHOP = `
import { CircuitBreaker, currentAttempt, Deadline, dependency, DeadlineExceeded, InjectDependency, ResilienceModule, Resilient, resilienceMetrics, type Dependency } from '@purser/resilience';

class Shop {
  constructor(@InjectDependency('shop') readonly shop: Dependency) {}
  @Resilient('shop')
  async find(id: string) { return { id, late: currentAttempt()?.signal.aborted }; }
}
const shop = dependency({ name: 'shop', deadlineMs: 100, breaker: { failureRate: 0.5 } });
export const price: Promise<number> = shop.run(async ({ signal, deadline }) => (signal.aborted ? 0 : deadline!.remainingMs()));
export const used: readonly unknown[] = [Shop, CircuitBreaker, Deadline, DeadlineExceeded, resilienceMetrics([shop.statistics()])];
export const module = ResilienceModule.forRoot({ dependencies: [shop, { name: 'other' }] });
// @ts-expect-error Text is no time: so types are there, and not any.
dependency({ name: 'shop', deadlineMs: '5 s' });
`;

async function run(args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await execute(process.execPath, args, { cwd, env: {} }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return stdout + stderr;
}

async function build(command: string): Promise<void> {
  const env = { PATH: [join(modules, '.bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
  await execute('sh', ['-c', command], { cwd: here, env });
}
