import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { freePort, spawnService, temporaryFolder, waitUntil } from './index.ts';

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });
const READY = `console.log('ready on 4711'); setInterval(() => {}, 1000);`;

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('spawnService', () => {
  it('resolves when the ready line is there, keeps the output, passes the environment, and stops by signal', async () => {
    const service = await spawnService({
      ...node(`console.error(process.env.GREETING); process.on('SIGTERM', () => process.exit(7)); ${READY}`),
      env: { GREETING: 'hello' },
      readyLine: /ready on (\d+)/,
    });
    expect(service.ready[1]).toBe('4711');
    await waitUntil(() => service.output().includes('hello'), { timeoutMs: 5_000, what: 'stderr has arrived' });
    expect(await service.stop()).toEqual({ code: 7, signal: null });
    expect(isAlive(service.pid)).toBe(false);
  });

  it('forces the end of one that ignores the signal', async () => {
    const service = await spawnService({ ...node(`process.on('SIGTERM', () => {}); ${READY}`), readyLine: /ready/ });
    expect(await service.stop('SIGTERM', 50)).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('kills as a crash would', async () => {
    const service = await spawnService({ ...node(READY), readyLine: /ready/ });
    expect(await service.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('fails with the output of a service that ends too early, or is late, and leaves none', async () => {
    const ends = spawnService({ ...node(`console.log('no configuration'); process.exit(3)`), readyLine: /ready/ });
    await expect(ends).rejects.toThrow(/ended \(exit code 3\) before it was ready[^]*no configuration/);
    const late = spawnService({
      ...node(`console.log('pid ' + process.pid); setInterval(() => {}, 1000)`),
      readyLine: /ready/,
      timeoutMs: 500,
    });
    const error = (await late.catch((e: unknown) => e)) as Error;
    expect(error.message).toContain('within 500 ms');
    expect(isAlive(Number(/pid (\d+)/.exec(error.message)![1]))).toBe(false);
    await expect(spawnService({ command: '/no/such/program', readyLine: /ready/ })).rejects.toThrow('ENOENT');
  });

  it('leaves nothing behind when the process that runs the tests is killed', async () => {
    const library = new URL('./spawn-service.ts', import.meta.url).href;
    const inner = `import { spawnService } from ${JSON.stringify(library)};
      const service = await spawnService({ command: process.execPath, args: ['-e', ${JSON.stringify(READY)}], readyLine: /ready/ });
      console.log('service ' + service.pid); setInterval(() => {}, 1000);`;
    const runner = await spawnService({
      command: process.execPath,
      args: ['--input-type=module', '-e', inner],
      readyLine: /service (\d+)/,
    });
    const pid = Number(runner.ready[1]);
    expect(isAlive(pid)).toBe(true);
    await runner.kill9();
    await waitUntil(() => !isAlive(pid), { timeoutMs: 10_000, what: 'the service of the killed runner has ended' });
  });
});

describe('freePort', () => {
  it('gives a port that a server can take', async () => {
    const port = await freePort();
    const server = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${port}, '127.0.0.1').unref()`,
    ]);
    expect(await once(server, 'exit')).toEqual([0, null]);
  });
});

describe('temporaryFolder', () => {
  const made: string[] = [];
  afterAll(() => made.forEach((path) => expect(existsSync(path)).toBe(false)));

  it('is empty, and gone after remove, which may be repeated', async () => {
    const folder = await temporaryFolder();
    made.push(folder.path);
    expect(existsSync(folder.path)).toBe(true);
    await folder.remove();
    await folder.remove();
  });
});
