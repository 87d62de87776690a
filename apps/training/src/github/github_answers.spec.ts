import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openCaches, type Cache, type Caches } from '@purser/caching';
import { cacheTags } from '@purser/contracts';
import { GithubAnswers, githubAnswers } from './github-answers.ts';
import { GithubApi } from './github-api.ts';
import { GithubHttp } from './github-http.ts';
import { GithubServer } from './testing/github-server.ts';
import type { TestRepository } from './testing/test-repository.ts';

let github: GithubServer;
let http: GithubHttp;
let caches: Caches;
let cache: Cache;
let shop: TestRepository;

beforeEach(async () => {
  github = await GithubServer.start();
  github.allow('t', 5_000);
  github.allow('u', 5_000);
  http = new GithubHttp(2_000);
  caches = await openCaches();
  cache = githubAnswers(caches);
  shop = github.add('acme/shop');
  shop.fill(3);
});
afterEach(async () => {
  await caches.close();
  await http.onApplicationShutdown();
  await github.stop();
});

/** Asks as a source does, after the life of what was answered before. */
async function ask(address: string, { id = 's', token = 't' as string | null } = {}) {
  await new Promise((resolve) => setTimeout(resolve, 3));
  const access = { baseUrl: github.baseUrl, token, waitsUntil: null };
  const api = new GithubApi(http, access, AbortSignal.timeout(20_000));
  return new GithubAnswers(cache, api, { id, token }).get(address);
}

const asked = () => github.takeAsked().map(({ headers, status }) => [headers['if-none-match'] !== undefined, status]);
const issue = 'repos/acme/shop/issues/2';

it('are asked for each time, and cost nothing while they hold', async () => {
  const first = await ask(issue);
  const used = github.usedBy('t');
  const second = await ask(issue);
  expect(second.body).toEqual(first.body);
  expect(github.usedBy('t')).toBe(used);
  shop.set(2, { title: 'other' });
  expect(await ask(issue)).toMatchObject({ status: 200, body: { title: 'other' } });
  expect(asked()).toEqual([
    [false, 200],
    [true, 304],
    [true, 200],
  ]);
});

it('are told by the server of when they were asked for, not of when they changed', async () => {
  await ask(issue);
  const before = Date.now() - 1_000;
  expect((await ask(issue)).at.getTime()).toBeGreaterThanOrEqual(before);
});

it('are none that were given to another token, or to another source', async () => {
  await ask(issue);
  await ask(issue, { token: 'u' });
  await ask(issue, { token: null });
  await ask(issue, { id: 'other' });
  expect(asked()).toEqual(Array(4).fill([false, 200]));
});

it('are dropped with what was fetched with a credential', async () => {
  await ask(issue);
  await ask(issue, { id: 'other' });
  await cache.invalidateTags(cacheTags.source('s'));
  await ask(issue);
  await ask(issue, { id: 'other' });
  expect(asked()).toEqual([
    [false, 200],
    [false, 200],
    [false, 200],
    [true, 304],
  ]);
});

it('say what is gone, and what could not be answered, each time', async () => {
  await ask(issue);
  shop.issues.delete(2);
  expect(await ask(issue)).toMatchObject({ status: 404, body: null });
  github.trouble({ times: 9, status: 500 });
  await expect(ask('repos/acme/shop')).rejects.toMatchObject({ name: 'Unreadable' });
  github.trouble({ times: 0 });
  expect(await ask('repos/acme/shop')).toMatchObject({ status: 200 });
  await expect(ask('https://example.org/')).rejects.toThrow('another address');
});
