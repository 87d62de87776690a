import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getWorkEffort, listWorkEfforts, sources, sourceSecrets, syncSource } from '@purser/contracts';
import type { Source } from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { freePort, testDatabase, type TestDatabase, waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, TEST_MASTER_KEY, type TestTraining } from '../testing/start-test-training.ts';
import { GithubServer } from './testing/github-server.ts';
import type { TestRepository } from './testing/test-repository.ts';

type GithubSource = Extract<Source, { kind: 'github' }>;

const actor = { keyId: uuidv7(), accountId: uuidv7() };
const box = new SecretBox(TEST_MASTER_KEY);
const TOKEN = 'ghp_a-token-that-nobody-may-see';

let own: TestDatabase;
let service: TestTraining;
let client: MessageClient;
let github: GithubServer;
let shop: TestRepository;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  service = await startTestTraining({
    DATABASE_URL: own.url,
    GITHUB_SYNC_INTERVAL_MS: '3600000',
    GITHUB_TIMEOUT_MS: '2000',
  });
  client = service.client;
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(async () => {
  github = await GithubServer.start();
  github.allow(TOKEN, 5_000);
  shop = github.add('acme/shop');
});
afterEach(async () => {
  await service.writeBehind('TRUNCATE sources, idempotency_keys CASCADE');
  await github.stop();
});

const sealed = (token: string) => box.seal(token, sourceSecrets.token);
const create = async (input: object = {}, idempotencyKey?: string) =>
  (await client.request(sources.create, {
    input: { kind: 'github', repository: 'acme/shop', baseUrl: github.baseUrl, ...input } as never,
    actor,
    idempotencyKey,
  })) as GithubSource & { webhookSecret?: string };
const sync = async ({ id }: Source) => (await client.request(syncSource, { id })) as GithubSource;
const get = async ({ id }: Source) => (await client.request(sources.get, { id })) as GithubSource;
const update = async ({ id }: Source, changes: object) =>
  (await client.request(sources.update, { id, changes, actor })) as GithubSource;
const list = async () => (await client.request(listWorkEfforts, { sort: 'createdAt' })).data;

describe('a GitHub source', () => {
  it('is read when it is created, and makes the same items as a folder', async () => {
    shop.fill(1);
    shop.set(1, { title: 'Count', body: 'Why.\n- [x] a\n- [ ] b\n- [x] c', labels: [{ name: 'money' }] });
    const source = await create({ sealedToken: sealed(TOKEN) });
    expect(source).toEqual({
      id: expect.any(String),
      version: expect.any(Number),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      kind: 'github',
      path: `${github.baseUrl}/repos/acme/shop`,
      repository: 'acme/shop',
      baseUrl: github.baseUrl,
      hasToken: true,
      hasWebhookSecret: false,
      nextSyncAt: expect.any(String),
      status: 'ok',
      problems: [],
      workEfforts: 1,
      syncedAt: expect.any(String),
      disabled: false,
    });
    const [item] = await list();
    const { tickets, ...workEffort } = await client.request(getWorkEffort, { id: item!.id });
    expect(workEffort).toMatchObject({
      externalId: '#1',
      title: 'Count',
      description: 'Why.\n- [x] a\n- [ ] b\n- [x] c',
      status: 'in-progress',
      progress: 67,
      branch: null,
      repository: 'acme/shop',
      tags: ['money'],
      sourceId: source.id,
      createdAt: '2020-01-01T01:00:00.000Z',
    });
    expect(tickets.map(({ externalId, title, status }) => [externalId, title, status])).toEqual([
      ['#1.1', 'a', 'completed'],
      ['#1.2', 'b', 'pending'],
      ['#1.3', 'c', 'completed'],
    ]);
  });

  it('follows the repository under the same ids', async () => {
    shop.fill(3);
    const source = await create();
    const before = await list();
    shop.set(2, { title: 'better', state: 'closed' });
    shop.set(4);
    expect(await sync(source)).toMatchObject({ status: 'ok', workEfforts: 4 });
    const after = await list();
    expect(after.slice(0, 3).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(after[1]).toMatchObject({ title: 'better', status: 'completed' });
  });

  it.each([
    [
      'does not exist',
      () => shop.rename('acme/other'),
      /^is not found on 127\.0\.0\.1:\d+: there is no such repository/,
    ],
    ['is private', () => void (shop.seenBy = [TOKEN]), /or it is private and the token may not see it$/],
    ['has its issues turned off', () => void (shop.issuesTurnedOff = true), /^has its issues turned off on/],
    [
      'refuses access',
      () => github.trouble({ times: 1, status: 403, body: '{"message":"SSO needed"}' }),
      /403 \(SSO needed\)$/,
    ],
    ['fails', () => github.trouble({ times: 9, status: 502 }), /answers 502 \(Trouble\)$/],
    ['breaks off', () => github.trouble({ times: 9, cut: true }), /can't be reached \(UND_ERR_SOCKET\)$/],
    [
      'leads to another host',
      () => github.trouble({ times: 1, status: 301, headers: { location: 'http://localhost:1/x' } }),
      /at another address \(localhost:1\), which is not asked$/,
    ],
  ])('that %s says so, and keeps what it had', async (_what, happens, reason) => {
    shop.fill(2);
    const source = await create();
    expect(source.status).toBe('ok');
    shop.formerNames.length = 0;
    happens();
    shop.formerNames.length = 0;
    const failed = await sync(source);
    expect(failed).toMatchObject({
      status: 'failed',
      problems: [{ path: '.', reason: expect.stringMatching(reason) }],
    });
    expect(failed).toMatchObject({ workEfforts: 2, syncedAt: source.syncedAt });
    expect(await list()).toHaveLength(2);
  });

  it('says that its token is refused, and is read again by itself when it gets another one', async () => {
    shop.fill(2);
    const source = await create({ sealedToken: sealed('wrong') });
    expect(source).toMatchObject({
      status: 'failed',
      problems: [{ reason: expect.stringMatching(/refuses the token \(401\)$/) }],
    });
    await update(source, { sealedToken: sealed(TOKEN) });
    await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: 20_000, what: 'the source is read' });
    expect(await list()).toHaveLength(2);
    expect(await update(source, { sealedToken: null })).toMatchObject({ hasToken: false });
    github.takeAsked();
    await sync(source);
    for (const { headers } of github.takeAsked()) expect(headers.authorization).toBeUndefined();
  });

  it('can not be reached where nobody listens', async () => {
    const source = await create({ baseUrl: `http://127.0.0.1:${await freePort()}` });
    expect(await sync(source)).toMatchObject({
      status: 'failed',
      problems: [{ reason: expect.stringMatching(/can't be reached \(ECONNREFUSED\)$/) }],
      workEfforts: 0,
    });
  });

  it('never shows its token, nor stores it in the clear', async () => {
    const source = await create({ sealedToken: sealed(TOKEN) }, 'key');
    expect(
      JSON.stringify([source, await get(source), await sync(source), await client.request(sources.list, {})]),
    ).not.toContain(TOKEN);
    for (const table of ['sources', 'idempotency_keys', 'work_efforts']) {
      const rows = await service.database.query(`SELECT t::text AS text FROM ${table} t`);
      expect(JSON.stringify(rows)).not.toContain(TOKEN);
    }
  });

  it('that was sealed under another key says so', async () => {
    const other = new SecretBox('another-key-another-key-another-key').seal(TOKEN, sourceSecrets.token);
    expect(await create({ sealedToken: other })).toMatchObject({
      status: 'failed',
      problems: [{ reason: expect.stringMatching(/another PURSER_MASTER_KEY/) }],
    });
  });

  it('gets a webhook secret on request, which is shown once', async () => {
    const source = await create({ generateWebhookSecret: true }, 'key-1');
    expect(source).toMatchObject({ hasWebhookSecret: true, webhookSecret: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await create({ generateWebhookSecret: true }, 'key-1')).toEqual(source);
    expect(await get(source)).not.toHaveProperty('webhookSecret');
    expect(await update(source, { sealedWebhookSecret: null })).toMatchObject({ hasWebhookSecret: false });
  });
});

describe('a rate limit', () => {
  it('is waited for with what was read by then, and the source goes on by itself where it was', async () => {
    github.allow('', 5, 4);
    shop.fill(650);
    const source = await create();
    expect(source).toMatchObject({
      status: 'partial',
      problems: [
        {
          path: '.',
          reason: expect.stringMatching(/^waits for the rate limit of 127\.0\.0\.1:\d+; goes on by itself at 20/),
        },
      ],
      workEfforts: 300,
    });
    const asked = github.takeAsked();
    expect(asked).toHaveLength(4);
    const again = await sync(source);
    expect(again).toMatchObject({ status: 'partial', workEfforts: 300, syncedAt: source.syncedAt });
    expect(github.takeAsked()).toEqual([]);
    expect(Date.parse(again.nextSyncAt!)).toBeGreaterThan(Date.now());
    github.allow('', 1_000, 3_600);
    await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: 30_000, what: 'the rest is read' });
    expect((await get(source)).workEfforts).toBe(650);
    const pages = github.takeAsked().filter(({ query }) => query.get('sort') === 'created');
    expect(pages.map(({ query }) => query.get('page'))).toEqual(['4', '5', '6', '7']);
  });

  it.each([403, 429])('of the second kind, by a %d, is waited for as it says', async (status) => {
    shop.fill(3);
    github.trouble({ times: 1, status, headers: { 'retry-after': '2' } });
    const source = await create();
    expect(source).toMatchObject({ status: 'partial', workEfforts: 0 });
    await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: 30_000, what: 'it is read' });
    expect(await list()).toHaveLength(3);
  });

  it('of a token is known to all its sources at once', async () => {
    shop.fill(3);
    github.add('acme/market').fill(3);
    github.allow(TOKEN, 1);
    const { nextSyncAt } = await create({ sealedToken: sealed(TOKEN) });
    github.takeAsked();
    expect(await create({ repository: 'acme/market', sealedToken: sealed(TOKEN) })).toMatchObject({
      status: 'partial',
      problems: [{ reason: expect.stringMatching(/^waits for the rate limit of .*; goes on by itself at 20/) }],
      nextSyncAt,
    });
    expect(github.takeAsked()).toEqual([]);
  });

  it('of one token is none of another', async () => {
    shop.fill(1);
    github.allow(TOKEN, 1);
    const source = await create({ sealedToken: sealed(TOKEN) });
    expect(source).toMatchObject({ status: 'partial' });
    github.allow('other', 100);
    await update(source, { sealedToken: sealed('other') });
    await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: 20_000, what: 'it is read' });
  });
});

describe('a server in trouble', () => {
  it('is asked again a few times', async () => {
    shop.fill(1);
    github.trouble({ times: 2, status: 500 });
    expect(await create()).toMatchObject({ status: expect.stringMatching(/ok|syncing/) });
    await waitUntil(async () => (await list()).length === 1, { timeoutMs: 20_000, what: 'it is read' });
  });

  it('loses nothing of what was read before it failed', async () => {
    shop.fill(350);
    const source = await create({ disabled: true });
    github.trouble({ after: 3, times: 99, status: 500 });
    await update(source, { disabled: false });
    const failure = { path: '.', reason: expect.stringMatching(/answers 500/) };
    await waitUntil(async () => (await get(source)).workEfforts === 200, {
      timeoutMs: 20_000,
      what: 'two pages are kept',
    });
    expect(await get(source)).toMatchObject({ status: 'partial', problems: [failure] });
    github.trouble({ times: 0 });
    expect(await sync(source)).toMatchObject({ status: 'ok', problems: [], workEfforts: 350 });
  });

  it('that is too slow is not waited for', async () => {
    shop.fill(1);
    const source = await create();
    github.trouble({ times: 9, delayMs: 4_000 });
    expect(await sync(source)).toMatchObject({
      status: 'failed',
      problems: [{ reason: expect.stringMatching(/did not answer in time$/) }],
    });
  });
});

describe('GitHub sources', () => {
  it.each([
    [{ repository: 'acme' }, 'repository'],
    [{ repository: 'acme/shop/x' }, 'repository'],
    [{ repository: 'acme/..' }, 'repository'],
    [{ repository: '../x' }, 'repository'],
    [{ repository: 'acme/shop?x' }, 'repository'],
    [{ baseUrl: 'ftp://x' }, 'baseUrl'],
    [{ baseUrl: 'http://user:pass@host' }, 'baseUrl'],
    [{ baseUrl: 'http://169.254.169.254/' }, 'baseUrl'],
    [{ baseUrl: 'http://metadata.google.internal' }, 'baseUrl'],
    [{ baseUrl: 'https://github.com' }, 'baseUrl'],
    [{ generateWebhookSecret: true, sealedWebhookSecret: 'x' }, 'generateWebhookSecret'],
    [{ path: '/srv' }, 'path'],
  ])('refuse %j by name', async (input, field) => {
    const named = { code: 'invalid_request', details: { field: expect.stringMatching(`^(input.)?${field}$`) } };
    await expect(create(input)).rejects.toMatchObject(named);
  });

  it('have one repository each, however it is spelt', async () => {
    await create();
    const again = create({ repository: 'Acme/SHOP', baseUrl: `${github.baseUrl}/` });
    await expect(again).rejects.toMatchObject({ code: 'conflict', details: { field: 'repository' } });
  });

  it('alone have a token', async () => {
    const [folder] = await service.database.query<{ id: string }>(
      `INSERT INTO sources (id, kind, path, disabled) VALUES ($1, 'directory', '/nowhere', false) RETURNING id`,
      [uuidv7()],
    );
    const refused = client.request(sources.update, { id: folder!.id, changes: { sealedToken: 'x' }, actor });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'token' } });
  });
});
