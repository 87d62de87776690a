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
  let bare: string;
  let app: string;
  beforeAll(async () => {
    temporary = await temporaryFolder();
    [bare, app] = [join(temporary.path, 'bare'), join(temporary.path, 'app')];
    const { scripts } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    // The project's own `dist` is left to those who may be running it.
    const dist = join(temporary.path, 'dist');
    await build(scripts['build']!.replace('-d dist', `-d ${dist}`));
    await build(`${scripts['build:types']} --outDir ${dist}`);
    for (const folder of [bare, app]) {
      const packed = join(folder, 'node_modules/@purser/pooling');
      await mkdir(packed, { recursive: true });
      await cp(dist, join(packed, 'dist'), { recursive: true });
      await cp(join(here, 'package.json'), join(packed, 'package.json'));
      await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    }
    for (const name of ['@types', 'expect', 'pg', 'typescript', 'undici', 'undici-types']) {
      await symlink(join(modules, name), join(app, 'node_modules', name));
    }
    await writeFile(join(app, 'sessions.ts'), SESSIONS);
  });
  afterAll(() => temporary?.remove());

  it.each(['', '/core'])('needs nothing beside: @purser/pooling%s', async (subpath) => {
    const code = `
      import { ResourcePool } from '@purser/pooling${subpath}';
      const pool = new ResourcePool({ create: () => ({ n: 7 }), destroy() {} }, { name: 'alone' });
      console.log(await pool.withResource(({ n }) => n), await pool.drain(10));`;
    await expect(run(['--input-type=module', '--eval', code], bare)).resolves.toBe('7 { cut: 0 }\n');
  });

  it.each(['/postgres', '/http', '/testing'])('runs with its peer alone: @purser/pooling%s', async (subpath) => {
    const code = `console.log(Object.keys(await import('@purser/pooling${subpath}')).length > 0)`;
    await expect(run(['--input-type=module', '--eval', code])).resolves.toBe('true\n');
  });

  it('has types for strict apps', async () => {
    const options = ['--strict', '--noEmit', '--target', 'es2024', '--types', 'node', '--skipLibCheck'];
    const all = [...options, '--module', 'nodenext', '--moduleResolution', 'nodenext', 'sessions.ts'];
    await expect(run(['node_modules/typescript/bin/tsc', ...all])).resolves.toBe('');
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

const SESSIONS = `
import { poolMetrics, ResourcePool, type Pool } from '@purser/pooling';
import { PostgresPool } from '@purser/pooling/postgres';
import { HttpPool } from '@purser/pooling/http';
import { describePool } from '@purser/pooling/testing';

const pool: Pool<{ n: number }> = new ResourcePool({ create: () => ({ n: 1 }), destroy() {} }, { name: 'typed' });
export const n: Promise<number> = pool.withResource((resource) => resource.n);
export const used: readonly unknown[] = [poolMetrics([pool.stats()]), HttpPool];
export const suite = () => describePool('own', () => new PostgresPool({ max: 2 }));
// @ts-expect-error A text is no number of connections: so types are there, and not any.
new PostgresPool({ max: 'many' });
`;

async function build(command: string): Promise<void> {
  const env = { PATH: [join(modules, '.bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(':') };
  await execute('sh', ['-c', command], { cwd: here, env });
}
