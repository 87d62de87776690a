import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openCaches } from '@purser/caching';
import { githubAnswers } from './github-answers.ts';
import { GithubApi } from './github-api.ts';
import { GithubLimited } from './github-limited.ts';
import { GithubHttp, lookupOutside } from './github-http.ts';
import { limits } from './limits.ts';
import { GithubServer } from './testing/github-server.ts';
import { TestReader } from './testing/test-reader.ts';

let github: GithubServer;
let http: GithubHttp;
beforeEach(async () => {
  github = await GithubServer.start();
  github.allow('t', 5_000);
  http = new GithubHttp(1_000);
});
afterEach(async () => {
  await http.onApplicationShutdown();
  await github.stop();
});

const api = (waitsUntil: Date | null = null, baseUrl = github.baseUrl) =>
  new GithubApi(http, { baseUrl, token: 't', waitsUntil }, AbortSignal.timeout(20_000));
const refused = (reason: RegExp) => ({ name: 'Unreadable', message: expect.stringMatching(reason) });

describe('the token', () => {
  let stranger: Server;
  let strangersUrl: string;
  let reached: (string | undefined)[];
  beforeEach(async () => {
    reached = [];
    stranger = createServer((request, response) => {
      reached.push(request.headers.authorization);
      response.end('[]');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    strangersUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => stranger.close(resolve)));

  it('goes along to the base URL', async () => {
    github.add('acme/shop');
    await api().get('repos/acme/shop');
    expect(github.takeAsked().map(({ headers }) => headers.authorization)).toEqual(['Bearer t']);
  });

  it.each([301, 302, 307, 308])('goes nowhere else: a %d to another host is not followed', async (status) => {
    github.trouble({ times: 1, status, headers: { location: `${strangersUrl}/x` } });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(
      refused(/at another address \(127\.0\.0\.1:\d+\), which is not asked/),
    );
    expect(reached).toEqual([]);
  });

  it.each([
    ['another path of the host', () => `${new URL(github.baseUrl).origin}/login`],
    ['another host', () => `${strangersUrl}/api/v3/repos/acme/shop`],
    ['another scheme', () => github.baseUrl.replace('http:', 'https:')],
    ['nowhere', () => 'http://'],
    ['a file', () => 'file:///etc/passwd'],
    ['up from the base URL', () => '../../x'],
  ])('goes nowhere else: a page that leads to %s is not asked for', async (_where, address) => {
    await expect(api().get(address())).rejects.toMatchObject(refused(/is not asked$/));
    expect([reached, github.takeAsked()]).toEqual([[], []]);
  });
});

describe('a host', () => {
  const look = (host: string, all: boolean) =>
    new Promise((resolve, reject) => {
      lookupOutside(host, { all }, (error, address) => (error ? reject(error) : resolve(address)));
    });

  it.each([true, false])('is looked up (all its addresses: %s)', async (all) => {
    expect(JSON.stringify(await look('127.0.0.1', all))).toContain('127.0.0.1');
    expect(await look('localhost', all)).toEqual(
      all ? expect.arrayContaining([expect.anything()]) : expect.any(String),
    );
  });

  it.each(['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '::ffff:169.254.169.254'])(
    'is not reached at %s, whatever its name is',
    async (address) => {
      for (const all of [true, false])
        await expect(look(address, all)).rejects.toThrow('link-local or metadata address');
    },
  );
});

describe('a request', () => {
  it('is sent again when the server fails or breaks off, a few times', async () => {
    github.add('acme/shop');
    github.trouble({ times: 2, status: 503 });
    await expect(api().get('repos/acme/shop')).resolves.toMatchObject({ status: 200 });
    github.trouble({ times: limits.attempts, cut: true });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/can't be reached/));
    expect(github.takeAsked()).toHaveLength(3 + limits.attempts);
  });

  it('is not sent again when it was refused', async () => {
    github.trouble({ times: 1, status: 422 });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/answers 422 \(Trouble\)$/));
    expect(github.takeAsked()).toHaveLength(1);
  });

  it('has a deadline of its own', async () => {
    github.trouble({ times: 9, delayMs: 3_000 });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/did not answer in time$/));
  });

  it('ends with the reading', async () => {
    github.trouble({ times: 9, delayMs: 3_000 });
    const ended = new AbortController();
    const reading = new GithubApi(http, { baseUrl: github.baseUrl, token: null, waitsUntil: null }, ended.signal);
    const asked = reading.get('repos/acme/shop');
    ended.abort(new Error('over'));
    await expect(asked).rejects.toThrow('over');
  });

  it('follows no redirects without end', async () => {
    github.trouble({ times: 99, status: 302, headers: { location: `${github.baseUrl}/repos/acme/shop` } });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/more than 3 times$/));
  });

  it('takes no answer without end', async () => {
    // To be cut off by its size, not by the time that a busy machine takes to send it.
    await http.onApplicationShutdown();
    http = new GithubHttp(15_000);
    const body = 'x'.repeat(limits.answerBytes + 1);
    github.trouble({ times: 1, status: 200, body });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/^answers with more than \d+ bytes$/));
    expect(github.takeAsked()).toHaveLength(1);
  });

  it('is not sent while a limit says so', async () => {
    const until = new Date(Date.now() + 60_000);
    await expect(api(until).get('repos/acme/shop')).rejects.toMatchObject({ name: 'GithubLimited', until });
    expect(github.takeAsked()).toEqual([]);
  });

  it('is not sent while a limit that an answer told of says so', async () => {
    github.trouble({ times: 1, status: 429, headers: { 'retry-after': '60' } });
    const limited = api();
    await expect(limited.get('repos/acme/shop')).rejects.toBeInstanceOf(GithubLimited);
    await expect(limited.get('repos/acme/shop')).rejects.toBeInstanceOf(GithubLimited);
    expect(github.takeAsked()).toHaveLength(1);
  });

  it('takes a 304 only as an answer to an ETag', async () => {
    github.trouble({ times: 1, status: 304, body: '' });
    await expect(api().get('repos/acme/shop')).rejects.toMatchObject(refused(/answers 304$/));
  });
});

it('a failure in the middle loses nothing of what was read before', async () => {
  github.add('acme/shop').fill(350);
  const caches = await openCaches();
  const reader = new TestReader(http, github.baseUrl, 'acme/shop', githubAnswers(caches));
  reader.token = 't';
  github.trouble({ after: 3, times: 9, status: 500 });
  const { ended } = await reader.read();
  expect(ended).toMatchObject(refused(/answers 500/));
  expect(reader.ids).toHaveLength(200);
  github.trouble({ times: 0 });
  github.takeAsked();
  expect(await reader.read()).toMatchObject({ ended: true });
  expect(reader.ids).toHaveLength(350);
  expect(
    github
      .takeAsked()
      .map(({ query }) => query.get('page'))
      .slice(0, 2),
  ).toEqual(['3', '4']);
  await caches.close();
});
