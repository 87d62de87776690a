import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rmSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MiniatureClone } from './testing/miniature-clone.mjs';

/** @type {MiniatureClone} */
let clone;
beforeEach(() => {
  clone = new MiniatureClone();
  clone.writeApp('all-in-one', { 'main.ts': `console.log('started', ...process.argv.slice(2));` });
});
afterEach(() => clone.remove());

describe('npm start', () => {
  it('installs and builds in a fresh clone, says so aside, and passes the arguments on', async () => {
    const { code, stdout, stderr } = await clone.run('start', ['--print-config']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'started --print-config\n' });
    expect(stderr).toContain('npm ci, because node_modules is missing');
    expect(stderr).toContain('Building');
    expect(clone.calls).toEqual(['npm', 'nx']);
  });

  it('does nothing of that the second time', async () => {
    await clone.run('start');
    expect(await clone.run('start')).toEqual({ code: 0, stdout: 'started\n', stderr: '' });
    expect(clone.calls).toEqual(['npm', 'nx']);
  });

  it('sets up once when several start at once', async () => {
    const all = await Promise.all([clone.run('start'), clone.run('start'), clone.run('start')]);
    expect(all.map(({ code, stdout }) => ({ code, stdout }))).toEqual(Array(3).fill({ code: 0, stdout: 'started\n' }));
    expect(clone.calls).toEqual(['npm', 'nx']);
  });

  it('takes over from a set-up that was killed', async () => {
    clone.write('.setup/lock/owner.json', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect((await clone.run('start')).code).toBe(0);
    expect(clone.calls).toEqual(['npm', 'nx']);
  });

  it('never runs a stale build, whatever the times of the files', async () => {
    await clone.run('start');
    const then = new Date(2000, 1);
    clone.write('apps/all-in-one/src/main.ts', `console.log('changed');`);
    utimesSync(join(clone.folder, 'apps/all-in-one/src/main.ts'), then, then);
    expect((await clone.run('start')).stdout).toBe('changed\n');
  });

  it.each([
    ['removed', () => rmSync(join(clone.folder, 'apps/all-in-one/dist'), { recursive: true })],
    ['changed', () => clone.write('apps/all-in-one/dist/main.js', 'throw new Error()')],
  ])('builds again when what was built has been %s', async (_how, spoil) => {
    await clone.run('start');
    spoil();
    expect((await clone.run('start')).stdout).toBe('started\n');
    expect(clone.calls).toEqual(['npm', 'nx', 'nx']);
  });

  it('shows why a build failed, and builds again', async () => {
    clone.write('apps/all-in-one/src/main.ts', 'syntax error');
    const failed = await clone.run('start');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('main.ts: unexpected token');
    clone.write('apps/all-in-one/src/main.ts', `console.log('mended');`);
    expect((await clone.run('start')).stdout).toBe('mended\n');
  });

  it('installs again when the lock file has changed', async () => {
    await clone.run('start');
    clone.write('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '2.0.0' } } }));
    const { stderr } = await clone.run('start');
    expect(stderr).toContain('npm ci, because package-lock.json has changed');
    expect(clone.calls).toEqual(['npm', 'nx', 'npm', 'nx']);
  });

  it('takes an installation that somebody made by hand', async () => {
    await clone.run('start');
    rmSync(join(clone.folder, 'node_modules/.installed-from'));
    const installed = { packages: { 'node_modules/a': { version: '1.0.0' } } };
    clone.write('node_modules/.package-lock.json', JSON.stringify(installed));
    await clone.run('start');
    expect(clone.calls).toEqual(['npm', 'nx']);
  });

  it('says what to do when npm ci fails, and tries again the next time', async () => {
    const { code, stderr } = await clone.run('start', [], { NPM_FAILS: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm ci failed with exit code 7');
    expect(stderr).toContain('npm config set registry');
    expect((await clone.run('start')).code).toBe(0);
  });

  it('says what to do when npm blocked the script that brings Node', async () => {
    const { code, stderr } = await clone.run('start', [], { NO_NODE: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm did not run the package');
  });
});
