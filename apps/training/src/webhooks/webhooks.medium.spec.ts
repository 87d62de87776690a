import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { listWorkEfforts, receiveGithubWebhook, sources, sourceSecrets, syncSource } from '@purser/contracts';
import type { Source } from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { testDatabase, type TestDatabase, waitUntil } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { GithubServer } from '../github/testing/github-server.ts';
import type { TestIssue, TestRepository } from '../github/testing/test-repository.ts';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, TEST_MASTER_KEY, type TestTraining } from '../testing/start-test-training.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };
const box = new SecretBox(TEST_MASTER_KEY);
const SECRET = 'the-webhook-secret-of-the-shop';
/** Payloads that GitHub really sent. */
const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as {
  name: string;
  examples: { action?: string }[];
}[];

let own: TestDatabase;
let service: TestTraining;
let client: MessageClient;
let github: GithubServer;
let shop: TestRepository;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  service = await startTestTraining({ DATABASE_URL: own.url, GITHUB_SYNC_INTERVAL_MS: '3600000' });
  client = service.client;
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(async () => {
  github = await GithubServer.start();
  shop = github.add('Codertocat/Hello-World');
  shop.id = 186853002;
});
afterEach(async () => {
  await service.writeBehind('TRUNCATE sources, idempotency_keys CASCADE');
  await github.stop();
});

interface Delivery {
  readonly event?: string;
  readonly delivery?: string;
  readonly secret?: string;
  readonly signature?: string;
  readonly contentType?: string;
}

const create = async (input: object = {}, secret = SECRET): Promise<Source> =>
  client.request(sources.create, {
    input: {
      ...{ kind: 'github', repository: 'Codertocat/Hello-World', baseUrl: github.baseUrl },
      sealedWebhookSecret: box.seal(secret, sourceSecrets.webhookSecret),
      ...input,
    } as never,
    actor,
  });
const deliver = (payload: object | string, options: Delivery = {}) => {
  const { event = 'issues', delivery = randomUUID(), secret = SECRET, contentType = 'application/json' } = options;
  const body = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const signature = options.signature ?? `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return client.request(receiveGithubWebhook, {
    body: body.toString('base64'),
    headers: {
      ...{ 'x-github-event': event, 'x-github-delivery': delivery, 'content-type': contentType },
      'x-hub-signature-256': signature,
    },
  });
};
const list = async () => (await client.request(listWorkEfforts, { sort: 'createdAt' })).data;
const titles = async () => (await list()).map(({ title }) => title);
const get = ({ id }: Source) => client.request(sources.get, { id });
const repository = () => ({ id: shop.id, full_name: shop.fullName });
const payload = (action: string, issue: TestIssue) => ({ action, issue: { ...issue }, repository: repository() });
const example = (name: string, action: string) =>
  examples.find((event) => event.name === name)!.examples.find((each) => each.action === action)!;
const isRead = async () => (await count('sources WHERE syncing_until > clock_timestamp()')) === 1;
const count = async (table: string) =>
  (await service.database.query<{ n: number }>(`SELECT count(*)::integer AS n FROM ${table}`))[0]!.n;

describe('a webhook for an issue', () => {
  it('shows at once, and takes an issue away for good', async () => {
    const source = await create();
    const issue = shop.set(1, { title: 'new', body: '- [x] a' });
    shop.issues.delete(1);
    expect(await deliver(payload('opened', issue))).toEqual({ event: 'issues', action: 'opened', outcome: 'applied' });
    expect(await list()).toMatchObject([{ externalId: '#1', title: 'new', progress: 100, sourceId: source.id }]);
    expect(await get(source)).toMatchObject({ workEfforts: 1, status: 'ok' });
    expect(await deliver(payload('deleted', issue))).toMatchObject({ outcome: 'applied' });
    expect(await list()).toEqual([]);
    expect(await get(source)).toMatchObject({ workEfforts: 0 });
    const late = { ...issue, title: 'late', updated_at: '2030-01-01T00:00:00Z' };
    expect(await deliver(payload('edited', late))).toMatchObject({ outcome: 'stale' });
    expect(await list()).toEqual([]);
  });

  it('is no change of the source, as a sync is none', async () => {
    const source = await create();
    const { version, updatedAt } = await get(source);
    await deliver(payload('opened', shop.set(1, { title: 'new' })));
    await deliver(payload('deleted', shop.issues.get(1)!));
    expect(await get(source)).toMatchObject({ version, updatedAt });
    const { id } = source;
    const changed = client.request(sources.update, { id, ifMatch: version, changes: { disabled: true }, actor });
    expect(await changed).toMatchObject({ version: version + 1 });
  });

  it('changes nothing when it is repeated, under its id or another', async () => {
    await create();
    const issue = shop.set(1, { title: 'first' });
    const delivery = randomUUID();
    await deliver(payload('opened', issue), { delivery });
    const rows = () =>
      service.database.query('SELECT xmin::text FROM work_efforts UNION ALL SELECT xmin::text FROM sources');
    const before = await rows();
    expect(await deliver(payload('opened', issue), { delivery })).toMatchObject({ outcome: 'repeated' });
    expect(await deliver(payload('opened', issue))).toMatchObject({ outcome: 'repeated' });
    expect(await rows()).toEqual(before);
  });

  it('does not overwrite what is newer, in whatever order webhooks come', async () => {
    await create();
    const states = Array.from({ length: 5 }, (_, n) => ({ ...shop.set(1, { title: `state ${n}` }) }));
    const outcomes = [];
    for (const n of [2, 0, 4, 1, 3]) outcomes.push((await deliver(payload('edited', states[n]!))).outcome);
    expect(outcomes).toEqual(['applied', 'stale', 'applied', 'stale', 'stale']);
    expect(await titles()).toEqual(['state 4']);
    await Promise.all(states.map((issue) => deliver({ ...payload('labeled', issue), again: true })));
    expect(await titles()).toEqual(['state 4']);
  });

  it('is looked up at GitHub where two states have the same second', async () => {
    await create();
    const issue = { ...shop.set(1, { title: 'one' }) };
    await deliver(payload('opened', issue));
    shop.set(1, { title: 'two', updated_at: issue.updated_at });
    const other = { ...issue, title: 'of the same second' };
    expect(await deliver(payload('edited', other))).toMatchObject({ outcome: 'syncing' });
    await waitUntil(async () => (await titles())[0] === 'two', { timeoutMs: 20_000, what: 'GitHub decides' });
  });

  it('is not undone by a reading that began before it', async () => {
    shop.fill(1);
    const source = await create();
    shop.set(1, { title: 'older' });
    github.trouble({ times: 1, delayMs: 1_000 });
    const syncing = client.request(syncSource, { id: source.id });
    await waitUntil(isRead, { timeoutMs: 20_000, what: 'the sync has begun' });
    const newer = { ...shop.issues.get(1)!, title: 'newer', updated_at: '2031-01-01T00:00:00Z' };
    expect(await deliver(payload('edited', newer))).toMatchObject({ outcome: 'applied' });
    await syncing;
    expect(await titles()).toEqual(['newer']);
  });

  it('of a pull request says nothing about work', async () => {
    await create();
    const issue = shop.set(2, { pull_request: { url: 'x' } });
    expect(await deliver(payload('opened', issue))).toMatchObject({ outcome: 'ignored' });
    expect(await list()).toEqual([]);
  });
});

describe('the recorded webhooks', () => {
  it('are all taken in, and leave what they tell', async () => {
    await create();
    const events = examples.filter(({ name }) =>
      ['issues', 'ping', 'label', 'repository', 'issue_comment', 'milestone', 'push', 'star'].includes(name),
    );
    const outcomes = new Set<string>();
    for (const { name, examples: payloads } of events) {
      for (const each of payloads) {
        const answer = await deliver(each, { event: name }).catch((error: { code: string }) => error.code);
        outcomes.add(`${name} ${typeof answer === 'string' ? answer : answer.outcome}`);
      }
    }
    expect([...outcomes].sort()).toEqual([
      'issue_comment ignored',
      'issues applied',
      'issues ignored',
      'issues not_found',
      'issues stale',
      'issues syncing',
      'label ignored',
      'label syncing',
      'milestone ignored',
      'ping pong',
      'push ignored',
      'repository not_found',
      'repository syncing',
      'star ignored',
    ]);
  });

  it('of an issue become the work effort that a reading would make', async () => {
    await create();
    await deliver(example('issues', 'reopened'));
    expect(await list()).toMatchObject([
      {
        externalId: '#1',
        title: 'Spelling error in the README file',
        status: 'planned',
        repository: 'Codertocat/Hello-World',
        tags: ['bug'],
      },
    ]);
  });
});

describe('the repository of a webhook', () => {
  it('is known by its id when it was renamed, and is read anew', async () => {
    shop.fill(2);
    const source = await create();
    shop.rename('Codertocat/Goodbye');
    const renamed = { action: 'renamed', repository: repository(), changes: {} };
    expect(await deliver(renamed, { event: 'repository' })).toMatchObject({ outcome: 'syncing' });
    await waitUntil(async () => (await list())[0]!.repository === 'Codertocat/Goodbye', {
      timeoutMs: 20_000,
      what: 'its name is known',
    });
    expect(await get(source)).toMatchObject({ status: 'ok', workEfforts: 2 });
    expect(await deliver(payload('opened', shop.set(3)))).toMatchObject({ outcome: 'applied' });
  });

  it('is another one when it was deleted and made anew: then all of it is read', async () => {
    shop.fill(3);
    await create();
    shop.id = 77;
    shop.issues.clear();
    const issue = shop.set(2, { title: 'anew' });
    expect(await deliver(payload('opened', issue))).toMatchObject({ outcome: 'syncing' });
    await waitUntil(async () => (await titles()).join() === 'anew', {
      timeoutMs: 20_000,
      what: 'only the new is left',
    });
  });

  it('has labels whose new names show', async () => {
    shop.fill(1);
    shop.issues.get(1)!.labels = [{ name: 'old' }];
    await create();
    shop.issues.get(1)!.labels = [{ name: 'new' }];
    const edited = {
      action: 'edited',
      label: { name: 'new' },
      changes: { name: { from: 'old' } },
      repository: repository(),
    };
    expect(await deliver(edited, { event: 'label' })).toMatchObject({ outcome: 'syncing' });
    await waitUntil(async () => (await list())[0]!.tags[0] === 'new', { timeoutMs: 20_000, what: 'the label is new' });
  });

  it('is read again after a reading under way that can not have seen what a webhook tells', async () => {
    shop.fill(1);
    shop.issues.get(1)!.labels = [{ name: 'old' }];
    const source = await create();
    github.takeAsked();
    github.trouble({ times: 1, delayMs: 1_500 });
    const syncing = client.request(syncSource, { id: source.id });
    await waitUntil(isRead, { timeoutMs: 20_000, what: 'the sync has begun' });
    shop.issues.get(1)!.labels = [{ name: 'new' }];
    const edited = { action: 'edited', label: { name: 'new' }, repository: repository() };
    expect(await deliver(edited, { event: 'label' })).toMatchObject({ outcome: 'syncing' });
    await syncing;
    await waitUntil(async () => (await list())[0]!.tags[0] === 'new', { timeoutMs: 20_000, what: 'the label is new' });
  });

  it('has labels that may be named as before, by events with the same body', async () => {
    await create();
    const edited = {
      action: 'edited',
      label: { name: 'b' },
      changes: { name: { from: 'a' } },
      repository: repository(),
    };
    const back = { ...edited, label: { name: 'a' }, changes: { name: { from: 'b' } } };
    const delivery = randomUUID();
    const outcomes = [];
    for (const each of [edited, back, edited]) outcomes.push((await deliver(each, { event: 'label' })).outcome);
    for (let n = 0; n < 2; n += 1) outcomes.push((await deliver(edited, { event: 'label', delivery })).outcome);
    expect(outcomes).toEqual(['syncing', 'syncing', 'syncing', 'syncing', 'repeated']);
  });

  it('has issues that a reading found gone: no event from before brings one back, only a reading does', async () => {
    shop.fill(2);
    const source = await create();
    const old = { ...shop.issues.get(1)!, title: 'old' };
    shop.issues.delete(1);
    const edited = { action: 'edited', label: { name: 'x' }, repository: repository() };
    await deliver(edited, { event: 'label' });
    const holds = (expected: number) =>
      waitUntil(async () => (await list()).length === expected, { timeoutMs: 20_000, what: `there are ${expected}` });
    await holds(1);
    expect(await deliver(payload('edited', old))).toMatchObject({ outcome: 'stale' });
    expect(await get(source)).toMatchObject({ workEfforts: 1 });
    shop.set(1, { title: 'restored' });
    await client.request(syncSource, { id: source.id });
    await holds(2);
    const newer = { ...shop.issues.get(1)!, title: 'newer', updated_at: '2031-01-01T00:00:00Z' };
    expect(await deliver(payload('edited', newer))).toMatchObject({ outcome: 'applied' });
  });

  it('may be that of a source which is disabled: then nothing is done', async () => {
    await create({ disabled: true });
    expect(await deliver(payload('opened', shop.set(1)))).toMatchObject({ outcome: 'ignored' });
    expect(await list()).toEqual([]);
  });
});

describe('a webhook that is not signed', () => {
  const refused = { code: 'invalid_signature' };

  it.each([
    ['with another secret', { secret: 'another secret' }],
    ['in another way', { signature: `sha1=${'0'.repeat(40)}` }],
    ['at all', { signature: '' }],
    ['by anybody', { signature: `sha256=${'0'.repeat(64)}` }],
    ['in capitals', { signature: `sha256=${'A'.repeat(64)}` }],
  ])('%s is refused, and nothing of it is kept', async (_how, options) => {
    await create();
    await expect(deliver(payload('opened', shop.set(1)), options)).rejects.toMatchObject(refused);
    expect(await list()).toEqual([]);
    expect(await count('webhook_deliveries')).toBe(0);
  });

  it('is refused in the same words whether its repository is a source or not, and whatever its body is', async () => {
    await create();
    const known = payload('opened', shop.set(1));
    const unknown = { ...known, repository: { id: 1, full_name: 'nobody/nothing' } };
    const messages = new Set<string>();
    for (const body of [known, unknown, 'no json', '{}', '']) {
      await deliver(body, { secret: 'wrong secret' }).catch((error: Error & { code: string }) =>
        messages.add(`${error.code} ${error.message}`),
      );
    }
    expect([...messages]).toEqual(['invalid_signature x-hub-signature-256: is not that of a source for this body.']);
  });

  it('is refused where no source has a secret, or its secret was removed', async () => {
    await expect(deliver({})).rejects.toMatchObject(refused);
    const source = await create();
    await client.request(sources.update, { id: source.id, changes: { sealedWebhookSecret: null }, actor });
    await expect(deliver(payload('opened', shop.set(1)))).rejects.toMatchObject(refused);
  });
});

describe('who has the secret of a source', () => {
  it('can say nothing about the repository of another', async () => {
    await create();
    github.add('acme/other').fill(1);
    await create({ repository: 'acme/other' }, 'the-secret-of-the-other');
    const before = await titles();
    const wrong = deliver(payload('opened', shop.set(1)), { secret: 'the-secret-of-the-other' });
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' });
    expect(await titles()).toEqual(before);
  });

  it.each([
    ['no JSON', 'x', 'body'],
    ['a list', '[]', 'body'],
    ['a form without a payload', 'a=b', 'body'],
  ])('is told that %s is none', async (_what, body, field) => {
    await create();
    const contentType = body.includes('=') ? 'application/x-www-form-urlencoded' : 'application/json';
    await expect(deliver(body, { contentType })).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('may send a form, as GitHub does unless it is told otherwise', async () => {
    await create();
    const form = new URLSearchParams({ payload: JSON.stringify(payload('opened', shop.set(1, { title: 'a & b' }))) });
    const contentType = 'application/x-www-form-urlencoded';
    expect(await deliver(form.toString(), { contentType })).toMatchObject({ outcome: 'applied' });
    expect(await titles()).toEqual(['a & b']);
  });
});

it('deliveries are forgotten after a week, and beyond many', async () => {
  const source = await create();
  await service.database.query(
    `INSERT INTO webhook_deliveries (source_id, delivery, body_sha256, received_at)
     SELECT $1, n::text, n::text, clock_timestamp() - CASE WHEN n <= 5 THEN interval '8 days' ELSE n * interval '1 ms' END
     FROM generate_series(1, 10100) n`,
    [source.id],
  );
  await deliver(payload('opened', shop.set(1)));
  const left = await count('webhook_deliveries');
  expect(left).toBeLessThanOrEqual(10_002);
  expect(left).toBeGreaterThan(9_990);
});
