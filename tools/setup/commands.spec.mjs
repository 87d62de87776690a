import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MiniatureClone } from './testing/miniature-clone.mjs';

/** @type {MiniatureClone} */
let clone;
beforeEach(() => {
  clone = new MiniatureClone();
});
afterEach(() => clone.remove());

function log() {
  const path = join(clone.folder, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

describe('npm run start:services', () => {
  const variables = { NATS_URL: 'nats://x', DATABASE_URL: 'postgres://x', PURSER_MASTER_KEY: 'k', PORT: '7000' };
  const service = `
    const { appendFileSync } = await import('node:fs');
    const { basename } = await import('node:path');
    const name = basename(process.env.PURSER_DATA_DIR);
    process.on('SIGTERM', () => { appendFileSync('log', name + '\\n'); process.exit(0); });
    setInterval(() => {}, 1000);
    console.log(name + ' is ready on http://0.0.0.0:' + process.env.PORT);
  `;

  beforeEach(() => {
    for (const app of ['web-gateway', 'training', 'reports', 'budget']) clone.writeApp(app, { 'main.ts': service });
  });

  it('is ready once all are, and stops them in order', async () => {
    let asked = false;
    const ended = await clone.run('start-services', [], { ...variables, PURSER_GATEWAYS: '2' }, (child, stdout) => {
      if (asked || !/^Purser is ready/m.test(stdout)) return;
      asked = true;
      // As a terminal does that is impatient, or npm that passes on what the group already got.
      child.kill('SIGINT');
      child.kill('SIGTERM');
    });
    expect(ended.stdout).toMatch(/^Purser is ready on http:\/\/127\.0\.0\.1:7000$/m);
    expect(ended.stdout).toContain('[web-gateway-1] web-gateway-1 is ready on http://0.0.0.0:7001');
    expect(ended.code).toBe(0);
    expect(log().slice(0, 2).sort()).toEqual(['web-gateway-0', 'web-gateway-1']);
    expect(log().slice(2)).toEqual(['training', 'reports', 'budget']);
  });

  it('stops the others when one never gets ready', async () => {
    clone.writeApp('reports', { 'main.ts': `console.log('no such database'); process.exit(1);` });
    const { code, stdout, stderr } = await clone.run('start-services', [], variables);
    expect(code).toBe(1);
    expect(stdout).toContain('[reports] no such database');
    expect(stderr).toContain('reports ended unasked with exit code 1, 5 times without getting ready');
    expect(log()).toEqual(['web-gateway-0', 'training', 'budget']);
  });

  it('names what is missing before it sets anything up', async () => {
    const { code, stderr } = await clone.run('start-services', [], { DATABASE_URL: 'postgres://x' });
    expect(code).toBe(1);
    expect(stderr).toContain('NATS_URL');
    expect(stderr).not.toContain('DATABASE_URL:');
    expect(clone.calls).toEqual([]);
  });
});

describe('npm run migrate', () => {
  beforeEach(() => {
    for (const app of ['budget', 'reports', 'training']) {
      clone.writeApp(app, { 'migrate.ts': `console.log('${app}', ...process.argv.slice(2));` });
    }
  });

  it('migrates every schema', async () => {
    expect(await clone.run('migrate')).toMatchObject({ code: 0, stdout: 'budget\nreports\ntraining\n' });
  });

  it('takes one step back in one schema', async () => {
    const ended = await clone.run('migrate', ['--down', '--service', 'reports']);
    expect(ended).toMatchObject({ code: 0, stdout: 'reports --down\n' });
  });

  it('stops at the first that fails, and says so', async () => {
    clone.writeApp('reports', { 'migrate.ts': 'process.exit(3)' });
    const { code, stdout, stderr } = await clone.run('migrate');
    expect({ code, stdout }).toEqual({ code: 3, stdout: 'budget\n' });
    expect(stderr).toContain('Migrating reports failed with exit code 3');
  });

  it.each([[['--service', 'web-gateway']], [['--sideways']]])('refuses %j', async (args) => {
    const { code, stderr } = await clone.run('migrate', args);
    expect(code).toBe(2);
    expect(stderr).toContain(args[args.length - 1]);
    expect(clone.calls).toEqual([]);
  });
});

describe('npm test', () => {
  it('refuses a section that there is none of, naming those that there are', async () => {
    const { code, stderr } = await clone.run('test', ['units']);
    expect(code).toBe(2);
    expect(stderr).toContain("no section 'units': choose from format, lint, types, unit, medium, e2e");
  });
});
