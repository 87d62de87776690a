import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './workspace.mjs';

/** A clone in miniature: the real set-up, one project, and an npm and an Nx that do the least and count their calls. */
let clone = '';
let calls = '';

const fakeNpm = `#!/bin/sh
echo npm >> "$CALLS"
sleep 0.05
[ -n "$NPM_FAILS" ] && exit 7
rm -rf node_modules
mkdir -p node_modules/node/bin node_modules/nx/dist/bin
ln -s "$REAL_NODE" node_modules/node/bin/node
[ -n "$NO_NODE" ] && rm node_modules/node/bin/node
cp fake-nx.js node_modules/nx/dist/bin/nx.js
`;

const fakeNx = `
const fs = require('node:fs');
fs.appendFileSync(process.env.CALLS, 'nx\\n');
if (process.env.NX_DAEMON !== 'false') throw new Error('a daemon would outlive us');
const source = fs.readFileSync('apps/all-in-one/src/main.ts', 'utf8');
if (source.includes('syntax error')) { console.log('main.ts: unexpected token'); process.exit(1); }
fs.mkdirSync('apps/all-in-one/dist', { recursive: true });
setTimeout(() => fs.writeFileSync('apps/all-in-one/dist/main.js', source), 50);
`;

/**
 * @param {string} path
 * @param {string} content
 */
function write(path, content) {
  mkdirSync(join(clone, path, '..'), { recursive: true });
  writeFileSync(join(clone, path), content);
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number | null, stdout: string, stderr: string }>}
 */
function start(args = [], env = {}) {
  const child = spawn(process.execPath, [join(clone, 'tools/start.mjs'), ...args], {
    cwd: clone,
    env: {
      ...process.env,
      PATH: [join(clone, 'commands'), process.env['PATH']].join(delimiter),
      CALLS: calls,
      REAL_NODE: process.execPath,
      ...env,
    },
  });
  return new Promise((done, failed) => {
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => (said.stdout += text));
    child.stderr.on('data', (text) => (said.stderr += text));
    child.once('error', failed);
    child.once('close', (code) => done({ code, ...said }));
  });
}

function callsMade() {
  return readFileSync(calls, 'utf8').trim().split('\n').filter(Boolean);
}

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'purser-set-up-'));
  calls = join(clone, 'calls');
  writeFileSync(calls, '');
  mkdirSync(join(clone, 'tools/setup'), { recursive: true });
  mkdirSync(join(clone, 'libs'));
  cpSync(join(root, 'tools/start.mjs'), join(clone, 'tools/start.mjs'));
  for (const file of readdirSync(join(root, 'tools/setup')).filter((name) => /^[\w-]+\.mjs$/.test(name))) {
    cpSync(join(root, 'tools/setup', file), join(clone, 'tools/setup', file));
  }
  for (const file of ['package.json', 'nx.json', '.swcrc']) write(file, '{}');
  write('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
  write('apps/all-in-one/package.json', JSON.stringify({ name: 'it', scripts: { build: 'x' } }));
  write('apps/all-in-one/src/main.ts', `console.log('started', ...process.argv.slice(2));`);
  write('fake-nx.js', fakeNx);
  write('commands/npm', fakeNpm);
  chmodSync(join(clone, 'commands/npm'), 0o755);
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

describe('npm start', () => {
  it('installs and builds in a fresh clone, says so aside, and passes the arguments on', async () => {
    const { code, stdout, stderr } = await start(['--print-config']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'started --print-config\n' });
    expect(stderr).toContain('npm ci, because node_modules is missing');
    expect(stderr).toContain('Building');
    expect(callsMade()).toEqual(['npm', 'nx']);
  });

  it('does nothing of that the second time', async () => {
    await start();
    const { code, stdout, stderr } = await start();
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'started\n', stderr: '' });
    expect(callsMade()).toEqual(['npm', 'nx']);
  });

  it('sets up once when several start at once', async () => {
    const both = await Promise.all([start(), start(), start()]);
    expect(both.map(({ code, stdout }) => ({ code, stdout }))).toEqual(Array(3).fill({ code: 0, stdout: 'started\n' }));
    expect(callsMade()).toEqual(['npm', 'nx']);
  });

  it('takes over from a set-up that was killed', async () => {
    write('.setup/lock/owner.json', JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }));
    expect((await start()).code).toBe(0);
    expect(callsMade()).toEqual(['npm', 'nx']);
  });

  it('never runs a stale build, whatever the times of the files', async () => {
    await start();
    const then = new Date(2000, 1);
    write('apps/all-in-one/src/main.ts', `console.log('changed');`);
    utimesSync(join(clone, 'apps/all-in-one/src/main.ts'), then, then);
    expect((await start()).stdout).toBe('changed\n');
  });

  it.each([
    ['removed', () => rmSync(join(clone, 'apps/all-in-one/dist'), { recursive: true })],
    ['changed', () => write('apps/all-in-one/dist/main.js', 'throw new Error()')],
  ])('builds again when what was built has been %s', async (_how, spoil) => {
    await start();
    spoil();
    expect((await start()).stdout).toBe('started\n');
    expect(callsMade()).toEqual(['npm', 'nx', 'nx']);
  });

  it('builds again after a build that was cut short', async () => {
    write('apps/all-in-one/src/main.ts', 'syntax error');
    const failed = await start();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('main.ts: unexpected token');
    write('apps/all-in-one/src/main.ts', `console.log('mended');`);
    expect((await start()).stdout).toBe('mended\n');
  });

  it('installs again when the lock file has changed', async () => {
    await start();
    write('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '2.0.0' } } }));
    const { stderr } = await start();
    expect(stderr).toContain('npm ci, because package-lock.json has changed');
    expect(callsMade()).toEqual(['npm', 'nx', 'npm', 'nx']);
  });

  it('takes an installation that somebody made by hand', async () => {
    await start();
    rmSync(join(clone, 'node_modules/.installed-from'));
    write('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
    await start();
    expect(callsMade()).toEqual(['npm', 'nx']);
  });

  it('says what to do when npm ci fails', async () => {
    const { code, stderr } = await start([], { NPM_FAILS: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm ci failed with exit code 7');
    expect(stderr).toContain('npm config set registry');
    // and leaves nothing behind that would keep the next one from trying
    expect((await start()).code).toBe(0);
  });

  it('says what to do when npm blocked the script that brings Node', async () => {
    const { code, stderr } = await start([], { NO_NODE: '1' });
    expect(code).toBe(1);
    expect(stderr).toContain('npm did not run the package');
  });
});
