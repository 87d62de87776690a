import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawnService, temporaryFolder, waitUntil, type Service, type TemporaryFolder } from '@purser/testing';
import { existsSync, readFileSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Processes start slowly on a machine that is busy with other tests.
jest.setTimeout(60_000);

const inTesting = (file: string) => fileURLToPath(new URL(`../testing/${file}`, import.meta.url));
const hooks = ['--import', inTesting('typescript-hooks.mjs'), '--conditions', '@purser/source', '--no-warnings'];
const readyLine = /^sample is ready on (http:\/\/127\.0\.0\.1:\d+)$/;
const clean = { code: 0, signal: null };
const failed = { code: 1, signal: null };

describe('a process', () => {
  let folder: TemporaryFolder;
  const running: Service[] = [];

  async function start(how = '', line = readyLine): Promise<Service> {
    const args = [...hooks, inTesting('sample-process.ts'), folder.path, how];
    const service = await spawnService({ command: process.execPath, args, readyLine: line });
    running.push(service);
    return service;
  }

  const file = (name: string) => join(folder.path, name);
  const lastExit = () => JSON.parse(readFileSync(file('last-exit.json'), 'utf8'));
  const printed = (service: Service, text: string) =>
    waitUntil(() => service.output().includes(text), { timeoutMs: 10_000, what: `it prints "${text}"` });

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.kill9()));
    await folder.remove();
  });

  it('says where it is ready, holds its folder, and drains at SIGTERM: requests under way are answered', async () => {
    const service = await start();
    expect(readFileSync(file('purser.pid'), 'utf8')).toBe(`${service.pid}\n`);
    expect(existsSync(file('last-exit.json'))).toBe(false);
    const slow = fetch(`${service.ready[1]}/slow?ms=300`).then((response) => response.text());
    await printed(service, 'slow begins');
    process.kill(service.pid, 'SIGTERM');
    await expect(slow).resolves.toBe('done');
    expect(await service.exited).toEqual(clean);
    expect(lastExit()).toEqual({ code: 0, drained: true, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
    expect(existsSync(file('purser.pid'))).toBe(false);
    expect(service.output()).toMatch(/flushed\nflushed\nnetwork closed\ndisk closed\n$/);
  });

  it('takes a signal that comes twice within a second as one', async () => {
    const service = await start();
    const slow = fetch(`${service.ready[1]}/slow?ms=300`).then((response) => response.text());
    await printed(service, 'slow begins');
    process.kill(service.pid, 'SIGINT');
    process.kill(service.pid, 'SIGINT');
    await expect(slow).resolves.toBe('done');
    expect(await service.exited).toEqual(clean);
  });

  it('ends at once when a signal comes again later', async () => {
    const service = await start('hanging');
    process.kill(service.pid, 'SIGTERM');
    await printed(service, 'draining');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    process.kill(service.pid, 'SIGTERM');
    expect(await service.exited).toEqual(failed);
    expect(lastExit()).toMatchObject({ code: 1, drained: false });
    expect(existsSync(file('purser.pid'))).toBe(false);
  });

  it('leaves the first alone when it is started a second time', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(`${folder.path} is in use by process ${first.pid}.`);
    expect(readFileSync(file('purser.pid'), 'utf8')).toBe(`${first.pid}\n`);
    expect((await fetch(`${first.ready[1]}/health/ready`)).status).toBe(200);
    expect(existsSync(file('last-exit.json'))).toBe(false);
    expect(await first.stop()).toEqual(clean);
  });

  it('starts again after it was killed', async () => {
    await (await start()).kill9();
    expect(existsSync(file('purser.pid'))).toBe(true);
    const again = await start();
    expect(readFileSync(file('purser.pid'), 'utf8')).toBe(`${again.pid}\n`);
    expect(await again.stop()).toEqual(clean);
  });

  it('is not held up by a process that merely has the same id', async () => {
    const stranger = await spawnService({
      command: process.execPath,
      args: ['-e', `console.log('there'); setInterval(() => {}, 1000)`],
      readyLine: /there/,
    });
    running.push(stranger);
    await writeFile(file('purser.pid'), `${stranger.pid}\n`);
    const old = new Date(Date.now() - 60_000);
    // As if the file were from before that process.
    await utimes(file('purser.pid'), old, old);
    expect(await (await start()).stop()).toEqual(clean);
  });

  it('that can not start says why and closes what it had opened', async () => {
    // The log and what the sample prints come over two pipes, in either order.
    const failure = await start('broken').then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/Can't start: Error: no such database/);
    expect(failure).toMatch(/network closed\ndisk closed/);
    expect(lastExit()).toMatchObject({ code: 1, drained: true });
    expect(existsSync(file('purser.pid'))).toBe(false);
  });

  it('can be stopped while it still starts', async () => {
    const service = await start('slow-start', /starting/);
    expect(await service.stop()).toEqual(clean);
    expect(service.output()).toMatch(/network closed\ndisk closed\n$/);
    expect(service.output()).not.toContain('is ready');
  });

  it.each(['rejection', 'exception'])('drains in a hurry after an unhandled %s', async (how) => {
    const service = await start(how);
    await fetch(`${service.ready[1]}/fault`).catch(() => undefined);
    expect(await service.exited).toEqual(failed);
    expect(lastExit()).toMatchObject({ code: 1, drained: true });
    expect(service.output()).toMatch(how === 'rejection' ? /nobody handles this/ : /not valid JSON/);
    expect(service.output()).toContain('flushed');
  });
});
