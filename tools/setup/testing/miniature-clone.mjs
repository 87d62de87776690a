import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from '../workspace.mjs';

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
for (const app of fs.readdirSync('apps')) {
  fs.mkdirSync('apps/' + app + '/dist', { recursive: true });
  for (const file of fs.readdirSync('apps/' + app + '/src')) {
    const source = fs.readFileSync('apps/' + app + '/src/' + file, 'utf8');
    if (source.includes('syntax error')) { console.log(file + ': unexpected token'); process.exit(1); }
    setTimeout(() => fs.writeFileSync('apps/' + app + '/dist/' + file.replace('.ts', '.js'), source), 50);
  }
}
`;

/** @typedef {{ code: number | null, stdout: string, stderr: string }} Ended */

/**
 * A clone in miniature: the real commands and the real set-up, the apps that a test writes, and an npm and an Nx that do the
 * least and count their calls.
 */
export class MiniatureClone {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'purser-clone-'));
    this.#copyCommands();
    this.write('calls', '');
    for (const file of ['package.json', 'nx.json', '.swcrc']) this.write(file, '{}');
    this.write('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
    this.write('libs/.gitkeep', '');
    this.write('fake-nx.js', fakeNx);
    this.write('commands/npm', fakeNpm);
    chmodSync(join(this.folder, 'commands/npm'), 0o755);
  }

  #copyCommands() {
    for (const place of ['tools', 'tools/setup']) {
      mkdirSync(join(this.folder, place), { recursive: true });
      for (const file of readdirSync(join(root, place)).filter((name) => /^[\w-]+\.mjs$/.test(name))) {
        cpSync(join(root, place, file), join(this.folder, place, file));
      }
    }
  }

  /**
   * @param {string} path
   * @param {string} content
   */
  write(path, content) {
    mkdirSync(join(this.folder, path, '..'), { recursive: true });
    writeFileSync(join(this.folder, path), content);
  }

  /**
   * @param {string} name
   * @param {Readonly<Record<string, string>>} sources by file name
   */
  writeApp(name, sources) {
    this.write(`apps/${name}/package.json`, JSON.stringify({ name, scripts: { build: 'x' } }));
    for (const [file, source] of Object.entries(sources)) this.write(`apps/${name}/src/${file}`, source);
  }

  /** What npm and Nx were called for, in order. */
  get calls() {
    return readFileSync(join(this.folder, 'calls'), 'utf8').trim().split('\n').filter(Boolean);
  }

  /**
   * Runs one of the commands, as `start`, to its end.
   * @param {string} command
   * @param {readonly string[]} [args]
   * @param {NodeJS.ProcessEnv} [env]
   * @param {(child: import('node:child_process').ChildProcess, stdout: string) => void} [onOutput] with all of it so far
   * @returns {Promise<Ended>}
   */
  run(command, args = [], env = {}, onOutput = () => {}) {
    const child = spawn(process.execPath, [join(this.folder, `tools/${command}.mjs`), ...args], {
      cwd: this.folder,
      env: {
        PATH: [join(this.folder, 'commands'), process.env['PATH']].join(delimiter),
        CALLS: join(this.folder, 'calls'),
        REAL_NODE: process.execPath,
        ...env,
      },
    });
    return new Promise((done, failed) => {
      const said = { stdout: '', stderr: '' };
      child.stdout.on('data', (text) => {
        said.stdout += text;
        onOutput(child, said.stdout);
      });
      child.stderr.on('data', (text) => (said.stderr += text));
      child.once('error', failed);
      child.once('close', (code) => done({ code, ...said }));
    });
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
