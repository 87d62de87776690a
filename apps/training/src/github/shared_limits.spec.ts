import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCaches, type Caches } from '@purser/caching';
import { githubAnswers } from './github-answers.ts';
import { GithubHttp } from './github-http.ts';
import { GithubServer } from './testing/github-server.ts';
import { TestReader } from './testing/test-reader.ts';

let github: GithubServer;
let https: GithubHttp[];
let caches: Caches;
beforeEach(async () => {
  github = await GithubServer.start();
  github.add('acme/shop').fill(650);
  github.add('acme/market').fill(650);
  caches = await openCaches();
  https = [];
});
afterEach(async () => {
  await caches.close();
  for (const http of https) await http.onApplicationShutdown();
  await github.stop();
});

function start(): GithubHttp {
  const http = new GithubHttp(5_000);
  https.push(http);
  return http;
}

function source(http: GithubHttp, name: string, token: string | null): TestReader {
  const reader = new TestReader(http, github.baseUrl, name, githubAnswers(caches));
  reader.token = token;
  return reader;
}

const limited = (until: Date | null) => ({ ended: { name: 'GithubLimited', until }, changed: [], waitsUntil: until });

describe('two sources of one token', () => {
  it('know of the quota that one of them has spent: the other does not ask', async () => {
    github.allow('t', 5);
    const http = start();
    const { ended, waitsUntil } = await source(http, 'acme/shop', 't').read();
    expect(ended).toMatchObject({ name: 'GithubLimited' });
    expect(github.takeAsked()).toHaveLength(4);
    expect(await source(http, 'acme/market', 't').read()).toMatchObject(limited(waitsUntil));
    expect(github.takeAsked()).toEqual([]);
  });

  it.each([
    ['with a time', { 'retry-after': '60' }, 'Trouble'],
    ['by its message alone', {}, 'You have exceeded a secondary rate limit.'],
  ])('know of a limit of the second kind that one of them has met, %s', async (_how, headers, message) => {
    github.allow('t', 5_000);
    const http = start();
    github.trouble({ times: 1, status: 403, headers, body: JSON.stringify({ message }) });
    const { waitsUntil } = await source(http, 'acme/shop', 't').read();
    expect(waitsUntil).toBeInstanceOf(Date);
    expect(await source(http, 'acme/market', 't').read()).toMatchObject(limited(waitsUntil));
    expect(github.takeAsked()).toHaveLength(1);
  });

  it('know of it while both are being read, leave the last part, and are refused nothing', async () => {
    github.allow('t', 10);
    const http = start();
    const both = ['acme/shop', 'acme/market'].map((name) => source(http, name, 't').read());
    for (const { ended } of await Promise.all(both)) expect(ended).toMatchObject({ name: 'GithubLimited' });
    // The request that was under way when the last but one was answered.
    expect([9, 10]).toContain(github.usedBy('t'));
    expect(new Set(github.takeAsked().map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('know of it after a restart, once one of them is looked at', async () => {
    github.allow('t', 5);
    const before = source(start(), 'acme/shop', 't');
    const { waitsUntil } = await before.read();
    github.takeAsked();
    const http = start();
    const after = source(http, 'acme/shop', 't');
    after.bookmark = before.bookmark;
    expect(await after.read()).toMatchObject(limited(waitsUntil));
    expect(await source(http, 'acme/market', 't').read()).toMatchObject(limited(waitsUntil));
    expect(github.takeAsked()).toEqual([]);
  });
});

describe('two sources without a token', () => {
  it('have the limit of one address', async () => {
    github.allow('', 5);
    const http = start();
    const { waitsUntil } = await source(http, 'acme/shop', null).read();
    github.takeAsked();
    expect(await source(http, 'acme/market', null).read()).toMatchObject(limited(waitsUntil));
    expect(github.takeAsked()).toEqual([]);
  });
});

it('a limit holds nobody up who has another token, or none, or asks another server', async () => {
  for (const token of ['t', 'u']) github.allow(token, token === 't' ? 5 : 5_000);
  const http = start();
  await source(http, 'acme/shop', 't').read();
  for (const token of ['u', null]) {
    expect(await source(http, 'acme/market', token).read()).toMatchObject({ ended: true });
  }
  const other = await GithubServer.start();
  other.allow('t', 5_000);
  other.add('acme/shop').fill(1);
  const elsewhere = new TestReader(http, other.baseUrl, 'acme/shop', githubAnswers(caches));
  elsewhere.token = 't';
  const read = await elsewhere.read();
  await other.stop();
  expect(read).toMatchObject({ ended: true });
});
