import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openCaches, type Caches } from '@purser/caching';
import { githubAnswers } from './github-answers.ts';
import { GithubHttp } from './github-http.ts';
import { limits } from './limits.ts';
import { GithubServer } from './testing/github-server.ts';
import { TestReader } from './testing/test-reader.ts';
import type { TestRepository } from './testing/test-repository.ts';

let github: GithubServer;
let http: GithubHttp;
let caches: Caches;
let shop: TestRepository;
let reader: TestReader;

beforeEach(async () => {
  github = await GithubServer.start();
  http = new GithubHttp(2_000);
  shop = github.add('acme/shop');
  caches = await openCaches();
  reader = new TestReader(http, github.baseUrl, 'acme/shop', githubAnswers(caches));
});
afterEach(async () => {
  await caches.close();
  await http.onApplicationShutdown();
  await github.stop();
});

const asked = () => github.takeAsked().map(({ path, status }) => `${path.replace('/api/v3/', '')} ${status}`);
const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `#${from + n}`);

describe('a repository', () => {
  it('is read page by page, without its pull requests, one request at a time', async () => {
    shop.fill(250);
    shop.set(7, { pull_request: { url: 'x' } });
    shop.set(9, { state: 'closed' });
    expect(await reader.read()).toMatchObject({ ended: true, problems: [] });
    expect(reader.ids).toEqual(numbers(1, 250).filter((id) => id !== '#7'));
    expect(asked().slice(0, 4)).toEqual([
      'repos/acme/shop 200',
      'repos/acme/shop/issues 200',
      'repositories/1000/issues 200',
      'repositories/1000/issues 200',
    ]);
    expect(github.mostAtOnce).toBe(1);
  });

  it('is read from a server that has its issues and nothing of the repository itself', async () => {
    shop.fill(150);
    github.trouble({ times: 1, status: 404 });
    expect(await reader.read()).toMatchObject({ ended: true, problems: [] });
    expect(reader.ids).toEqual(numbers(1, 150));
    shop.set(151);
    expect(await reader.read()).toMatchObject({ ended: true, changed: ['#151'] });
  });

  it('is not found where neither it nor its issues are', async () => {
    github.trouble({ times: 2, status: 404 });
    const { ended } = await reader.read();
    expect(ended).toMatchObject({ message: expect.stringMatching(/^is not found on /) });
  });

  it('costs one request that is free when nothing has changed', async () => {
    github.allow('t', 5_000);
    reader.token = 't';
    shop.fill(150);
    await reader.read();
    const used = github.usedBy('t');
    github.takeAsked();
    for (let n = 0; n < 3; n += 1) expect(await reader.read()).toMatchObject({ ended: true, changed: [] });
    expect(asked()).toEqual(Array(3).fill('repos/acme/shop/issues 304'));
    expect(github.usedBy('t')).toBe(used);
  });

  it('shows what is new and what has changed, and nothing else', async () => {
    shop.fill(120);
    await reader.read();
    shop.set(3, { title: 'better' });
    shop.set(121);
    expect(await reader.read()).toMatchObject({ ended: true, changed: ['#3', '#121'] });
    expect(reader.items.get('#3')).toMatchObject({ title: 'better' });
  });

  it('loses no change at the edges of pages, also when many issues change in one second or meanwhile', async () => {
    shop.fill(1);
    await reader.read();
    const at = (minutes: number) => instant(Date.now() + minutes * 60_000);
    for (let number = 1; number <= 350; number += 1) shop.set(number, { title: 'bulk', updated_at: at(10) });
    for (let number = 351; number <= 600; number += 1)
      shop.set(number, { updated_at: at(20 + Math.floor((number - 351) / 5)) });
    github.takeAsked();
    const reading = reader.read();
    // What has been read moves to the end, so that all that follows moves up.
    while (github.takeAsked().length === 0) await new Promise(setImmediate);
    for (let number = 1; number <= 40; number += 1) shop.set(number, { title: 'again', updated_at: at(600) });
    await reading;
    await reader.read();
    expect(reader.ids).toEqual(numbers(1, 600));
    const titles = [...reader.items.values()].map(({ title }) => title);
    expect(titles.filter((title) => title === 'again')).toHaveLength(40);
    expect(titles.filter((title) => title === 'bulk')).toHaveLength(310);
  });

  it('takes a change that shows late, with a time before what was read already', async () => {
    const at = (seconds: number) => instant(Date.now() + 3_600_000 + seconds * 1_000);
    shop.fill(3);
    shop.set(2, { updated_at: at(50) });
    await reader.read();
    shop.set(3, { title: 'late', updated_at: at(20) });
    expect(await reader.read()).toMatchObject({ changed: ['#3'] });
  });
});

describe('a sweep', () => {
  beforeEach(() => {
    github.allow('t', 5_000);
    reader.token = 't';
  });

  it('notices what was deleted and transferred, and asks before it takes anything away', async () => {
    const other = github.add('acme/other');
    other.fill(1);
    shop.fill(130);
    await reader.read();
    shop.issues.delete(4);
    shop.issues.delete(5);
    shop.transferred.set(5, `${github.baseUrl}/repositories/${other.id}/issues/1`);
    expect(await reader.read()).toMatchObject({ ended: true });
    expect(reader.ids).toContain('#4');
    reader.sweepIntervalMs = 0;
    github.takeAsked();
    expect(await reader.read()).toMatchObject({ ended: true, problems: [] });
    expect(reader.ids).toEqual(numbers(1, 130).filter((id) => id !== '#4' && id !== '#5'));
    expect(asked()).toEqual(
      expect.arrayContaining([
        'repos/acme/shop/issues/4 404',
        'repos/acme/shop/issues/5 301',
        'repositories/1001/issues/1 200',
      ]),
    );
  });

  it('costs nothing for pages that have not changed', async () => {
    shop.fill(350);
    await reader.read();
    shop.set(351);
    reader.sweepIntervalMs = 0;
    github.takeAsked();
    await reader.read();
    const pages = github.takeAsked().filter(({ query }) => query.get('sort') === 'created');
    expect(pages.map(({ status }) => status)).toEqual([304, 304, 304, 200]);
    expect(reader.ids).toEqual(numbers(1, 351));
  });

  it('is made when something is known to have changed that shows in no issue', async () => {
    shop.fill(1);
    await reader.read();
    shop.issues.get(1)!.labels.push({ name: 'renamed' });
    expect(await reader.read()).toMatchObject({ changed: [] });
    reader.staleSince = new Date();
    expect(await reader.read()).toMatchObject({ changed: ['#1'] });
    reader.staleSince = new Date(0);
    github.takeAsked();
    await reader.read();
    expect(asked()).toHaveLength(1);
  });

  it('asks for few issues at a time, and goes on with the next reading', async () => {
    shop.fill(12);
    await reader.read();
    for (let number = 1; number <= 9; number += 1) shop.issues.delete(number);
    [reader.sweepIntervalMs, reader.limits] = [0, { ...limits, verified: 4 }];
    expect(await reader.read()).toMatchObject({ ended: false });
    expect(reader.ids).toHaveLength(8);
    await reader.read();
    await reader.read();
    expect(reader.ids).toEqual(['#10', '#11', '#12']);
  });

  it('takes less than there is where there is too much, and says so', async () => {
    shop.fill(320);
    reader.limits = { ...limits, issues: 110 };
    expect(await reader.read()).toMatchObject({
      ended: true,
      problems: ['. has more than 110 issues; the rest is not read'],
    });
    expect(reader.ids).toEqual(numbers(1, 110));
    const other = new TestReader(http, github.baseUrl, 'acme/shop', githubAnswers(caches));
    other.limits = { ...limits, pages: 2 };
    expect(await other.read()).toMatchObject({ problems: ['. has more than 2 pages of issues; the rest is not read'] });
    expect(other.ids).toEqual(numbers(1, 200));
  });
});

describe('a repository that moves', () => {
  it('is followed to its new name, also when another one gets the old name', async () => {
    shop.fill(3);
    await reader.read();
    shop.rename('acme/market');
    shop.set(4);
    expect(await reader.read()).toMatchObject({ ended: true, changed: ['#4'] });
    reader.sweepIntervalMs = 0;
    await reader.read();
    const usurper = github.add('acme/shop');
    usurper.fill(9);
    shop.set(5);
    await reader.read();
    expect(reader.ids).toEqual(numbers(1, 5));
  });

  it('is another one when it was deleted and made anew', async () => {
    shop.fill(5);
    await reader.read();
    shop.id = 77;
    shop.issues.clear();
    shop.set(2, { title: 'new' });
    reader.sweepIntervalMs = 0;
    await reader.read();
    expect([...reader.items.values()].map(({ externalId, title }) => [externalId, title])).toEqual([['#2', 'new']]);
  });
});

describe('a token', () => {
  it('has ETags of its own: those of another are not sent', async () => {
    for (const token of ['a', 'b']) github.allow(token, 100);
    shop.fill(1);
    reader.token = 'a';
    await reader.read();
    await reader.read();
    github.takeAsked();
    reader.token = 'b';
    expect(await reader.read()).toMatchObject({ ended: true, changed: [] });
    for (const { headers, status } of github.takeAsked()) {
      expect(headers['if-none-match']).toBeUndefined();
      expect(status).toBe(200);
    }
  });
});

describe('an answer that makes no sense', () => {
  it.each([
    ['no JSON', '<html>', /not JSON/],
    ['no list', '{}', /not a list of issues/],
    ['no issues', '[{"a": 1}]', /not a list of issues/],
  ])('%s ends the reading', async (_name, body, message) => {
    await reader.read();
    github.trouble({ times: 1, status: 200, body });
    const { ended } = await reader.read();
    expect(ended).toMatchObject({ name: 'Unreadable', message: expect.stringMatching(message) });
  });

  it('is reported where it is one issue among others', async () => {
    shop.fill(3);
    shop.set(2, { state: 'half-open' as never });
    const { problems } = await reader.read();
    expect(problems).toEqual(['#2 is not what an issue looks like; not used']);
    expect(reader.ids).toEqual(['#1', '#3']);
  });
});
