import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Supervisor } from './supervisor.mjs';

const timing = { firstBackoffMs: 5, maxBackoffMs: 20, steadyAfterMs: 60_000, maxFirstStarts: 3 };
let folder = '';
let printed = '';
/** @type {string[]} */
let said = [];
/** @type {Supervisor | undefined} */
let supervisor;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'purser-supervisor-'));
  printed = '';
  said = [];
});
afterEach(async () => {
  await supervisor?.force();
  supervisor = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const drains = `
const log = (line) => require('node:fs').appendFileSync('LOG', line + '\\n');
process.on('SIGTERM', () => setTimeout(() => { log('NAME'); process.exit(0); }, 20));
setInterval(() => {}, 1000);
console.log('NAME is ready on http://127.0.0.1:1');
`;

/**
 * A tiny child: NAME and LOG in its script are its name and a file that all write to.
 * @param {string} name
 * @param {string} [script]
 */
function child(name, script = drains) {
  const path = join(folder, `${name}.cjs`);
  writeFileSync(path, script.replaceAll('NAME', name).replaceAll('LOG', join(folder, 'log')));
  return { name, args: [path], env: process.env };
}

/** @param {ReturnType<typeof child>[][]} groups */
function supervise(...groups) {
  const output = new PassThrough();
  output.on('data', (text) => (printed += text));
  supervisor = new Supervisor(groups, { output, say: (message) => said.push(message), stopCeilingMs: 20_000, timing });
  return supervisor;
}

function log() {
  const path = join(folder, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

/** @param {() => boolean} condition */
async function until(condition) {
  for (const deadline = Date.now() + 20_000; !condition(); await sleep(5)) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
  }
}

describe('supervised processes', () => {
  it('are ready when each has said so, and their lines carry their names', async () => {
    const urls = await supervise([child('a')], [child('b')]).start(20_000);
    expect(urls).toEqual(['http://127.0.0.1:1', 'http://127.0.0.1:1']);
    expect(printed).toContain('[a] a is ready on');
    expect(printed).toContain('[b] b is ready on');
  });

  it('are stopped group after group, and say whether they drained', async () => {
    const running = supervise([child('first'), child('also-first')], [child('second')], [child('third')]);
    await running.start(20_000);
    expect(await running.stop()).toBe(true);
    expect(log().slice(0, 2).sort()).toEqual(['also-first', 'first']);
    expect(log().slice(2)).toEqual(['second', 'third']);
  });

  it('are started again when they die unasked, and that is said', async () => {
    const running = supervise([child('a')]);
    await running.start(20_000);
    const [process_] = running.processes;
    const before = process_?.pid;
    process.kill(/** @type {number} */ (before), 'SIGKILL');
    await until(() => printed.split('a is ready on').length === 3);
    expect(said).toEqual(['a ended unasked with exit code 137; starting it again in 0.005 s']);
    expect(process_?.pid).not.toBe(before);
    expect(await running.stop()).toBe(true);
  });

  it('are given up when they never get ready, with growing pauses before', async () => {
    const running = supervise([child('ok')], [child('bad', 'console.error("PORT is wrong"); process.exit(3)')]);
    await expect(running.start(20_000)).rejects.toThrow(
      'bad ended unasked with exit code 3, 3 times without getting ready: see its output above',
    );
    expect(said).toEqual([0.005, 0.01].map((s) => `bad ended unasked with exit code 3; starting it again in ${s} s`));
    expect(printed.match(/\[bad\] PORT is wrong/g)).toHaveLength(3);
  });

  it('have a deadline to get ready', async () => {
    const running = supervise([child('silent', 'setInterval(() => {}, 1000)')]);
    await expect(running.start(50)).rejects.toThrow('not everything got ready within 0.05 s');
    expect(await running.stop()).toBe(true);
  });

  it('are killed when they do not end in time', async () => {
    const deaf = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('NAME is ready on http://x');`;
    const running = supervise([child('deaf', deaf)], [child('second')]);
    await running.start(20_000);
    const stopped = running.stop();
    await running.force();
    expect(await stopped).toBe(false);
    expect(said).toEqual(['deaf is killed: it did not end in time']);
    expect(log()).toEqual(['second']);
  });

  it('are not started again while they are being stopped', async () => {
    const dying = child('dying', 'process.exit(1)');
    const running = supervise([dying]);
    const start = running.start(20_000);
    await Promise.all([running.stop(), expect(start).rejects.toThrow('dying was stopped before it got ready')]);
    const before = said.length;
    await sleep(50);
    expect(said.length).toBe(before);
    expect(running.processes[0]?.pid).toBeUndefined();
  });

  it('end by themselves when their supervisor is killed', async () => {
    const path = join(folder, 'supervisor.mjs');
    const plan = child('orphan');
    writeFileSync(
      path,
      `import { Supervisor } from ${JSON.stringify(new URL('./supervisor.mjs', import.meta.url).href)};
       const it = new Supervisor([[${JSON.stringify(plan)}]], { output: process.stdout, say: console.log, stopCeilingMs: 20_000 });
       await it.start(20_000);`,
    );
    const parent = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    parent.stdout.on('data', (text) => (output += text));
    await until(() => output.includes('ready'));
    parent.kill('SIGKILL');
    await until(() => log().includes('orphan'));
  });
});
