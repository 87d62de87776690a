import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stubServer, type StubServer } from '../testing/stub-server.ts';
import { reachGivenPurser } from './given-purser.ts';

let server: StubServer | undefined;
afterEach(() => server?.close());

const given = (url: string) => ({ url, key: { text: 'k' }, model: 'fast', pids: [process.pid] });

describe('a Purser that runs', () => {
  it('is taken when it is ready, with the processes that are watched', async () => {
    server = await stubServer();
    const ready = await reachGivenPurser(given(server.url));
    expect(ready.target).toMatchObject({ url: server.url, chatKey: 'k', readKey: 'k', chatModel: 'fast' });
    expect(ready.processes).toEqual([{ name: `process ${process.pid}`, pid: process.pid }]);
  });

  it('is refused when it is not there, or not ready', async () => {
    server = await stubServer((_, response) => void response.writeHead(503).end());
    await expect(reachGivenPurser(given(server.url))).rejects.toThrow('/health/ready was answered 503');
    const { url } = server;
    await server.close();
    server = undefined;
    await expect(reachGivenPurser(given(url))).rejects.toThrow(`--url ${url} can't be reached`);
  });

  it('is called with the key of a file, whose fault is named', async () => {
    server = await stubServer();
    const { url } = server;
    const folder = mkdtempSync(join(tmpdir(), 'purser-load-key-'));
    try {
      const file = join(folder, 'key');
      await expect(reachGivenPurser({ ...given(url), key: { file } })).rejects.toThrow("can't be read: ENOENT");
      writeFileSync(file, 'one\ntwo\n');
      await expect(reachGivenPurser({ ...given(url), key: { file } })).rejects.toThrow('does not hold a key');
      writeFileSync(file, 'sk-purser-1\n');
      expect((await reachGivenPurser({ ...given(url), key: { file } })).target.chatKey).toBe('sk-purser-1');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
