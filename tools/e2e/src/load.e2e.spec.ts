import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, type TemporaryFolder } from '@purser/testing';
import { childEnvironment } from './stack/environment.ts';
import { root } from './stack/paths.ts';

jest.setTimeout(120_000);

/** Runs `npm run load` without its set-up. */
function runLoad(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, ...childEnvironment({}) };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'tools/load/dist/main.js'), ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('a steady load on a Purser of its own', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  // The thresholds are wide: whether the load works is asked here, not how fast this machine is.
  const wide = ['--duration', '3s', '--warm-up', '1s', '--rate', '40', '--users', '20', '--max-p95-ms', '20000'];

  it('serves chats, streams and reads without an error, and writes both reports', async () => {
    const [json, html] = [join(folder.path, 'load.json'), join(folder.path, 'load.html')];
    const { code, stdout, stderr } = await runLoad(['steady', ...wide, '--json', json, '--html', html]);
    expect(`${code}: ${stderr}`).toMatch(/^0: /);
    const result = JSON.parse(await readFile(json, 'utf8'));
    expect(result).toMatchObject({ passed: true, errors: {}, requests: { planned: 120, succeeded: 120, failed: 0 } });
    expect(Object.keys(result.operations).toSorted()).toEqual(['chat', 'read', 'stream']);
    expect(result.memory[0].maxMb).toBeGreaterThan(50);
    expect(await readFile(html, 'utf8')).toContain('<svg ');
    expect(stdout).toContain('met     p95, ms');
  });

  it('ends with 1 when a threshold is missed, and says which', async () => {
    const { code, stdout } = await runLoad(['steady', ...wide, '--mix', 'chat=1', '--max-rss-mb', '1']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^MISSED {2}resident memory of purser, MB: \d+/m);
  });

  it('ends with 2 for wrong arguments, before anything is started', async () => {
    const { code, stderr } = await runLoad(['steady', '--url', 'http://192.0.2.1', '--key', 'k', '--model', 'm']);
    expect(code).toBe(2);
    expect(stderr).toContain('Allowed is a loopback address, or any with --allow-remote.');
    expect(stderr).not.toContain('starting');
  });
});
