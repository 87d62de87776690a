import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { dirname, join } from 'node:path';
import { Caches } from '@purser/caching';
import {
  cacheNamespaces,
  getTicket,
  getWorkEffort,
  listTags,
  listTickets,
  listWorkEfforts,
  sources,
  sourceSecrets,
  syncSource,
  workEffortStats,
  type Source,
} from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { GithubServer } from '../github/testing/github-server.ts';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, TEST_MASTER_KEY, type TestTraining } from '../testing/start-test-training.ts';
import { WorkFolder } from '../testing/work-folder.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };

let own: TestDatabase;
let service: TestTraining;
let client: MessageClient;
let temporary: TemporaryFolder;
let folder: WorkFolder;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  const { path, remove } = await temporaryFolder();
  await remove();
  // Nothing is read but by who asks for it.
  service = await startTestTraining({
    DATABASE_URL: own.url,
    PURSER_SOURCE_ROOTS: dirname(path),
    SOURCE_WATCH_MAX_FOLDERS: '0',
    SOURCE_RESYNC_MS: '86400000',
  });
  client = service.client;
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(async () => {
  temporary = await temporaryFolder();
  folder = new WorkFolder(temporary.path);
});
afterEach(async () => {
  const { data } = await client.request(sources.list, {});
  for (const { id } of data) await client.request(sources.remove, { id, actor });
  await temporary.remove();
});

const caches = () => service.running.app.get(Caches, { strict: false });
/** How often something was given out of the cache, and how often it had to be made. */
const reads = () => {
  const { hits, misses } = caches().statistics().namespaces[cacheNamespaces.workEfforts]!;
  return { hits, misses };
};
/** What is done, and which of its reads came out of the cache. */
async function counted<T>(work: () => Promise<T>): Promise<{ value: T; hits: number; misses: number }> {
  const before = reads();
  const value = await work();
  const after = reads();
  return { value, hits: after.hits - before.hits, misses: after.misses - before.misses };
}

const create = (): Promise<Source> =>
  client.request(sources.create, { input: { kind: 'directory', path: folder.path }, actor });
const sync = ({ id }: Source) => client.request(syncSource, { id });
const page = (n: number) => client.request(listWorkEfforts, { page: n, limit: 2, sort: 'externalId' });
const stats = () => client.request(workEffortStats, {});
const titles = ({ data }: Awaited<ReturnType<typeof page>>) => data.map(({ title }) => title);

/** Three work efforts of two tickets each. */
async function threeWorkEfforts(): Promise<Source> {
  for (const letters of ['aaaa', 'bbbb', 'cccc']) {
    await folder.workEffort(letters, `title: ${letters}\ntags: [all, ${letters}]`, ['done', 'todo']);
  }
  return create();
}

/** All that can be read of them. */
async function readAll(source: Source) {
  const pages = [await page(1), await page(2)];
  const [first, second] = pages[0]!.data;
  return {
    titles: pages.flatMap(titles),
    stats: await stats(),
    found: titles(await client.request(listWorkEfforts, { q: 'aaaa' })),
    ofSource: await client.request(listWorkEfforts, { sourceId: source.id }),
    tickets: (await client.request(listTickets, { status: 'completed' })).pagination.total,
    tags: (await client.request(listTags, {})).data.map(({ name }) => name),
    first: await client.request(getWorkEffort, { id: first!.id }),
    second: await client.request(getWorkEffort, { id: second!.id }),
  };
}

describe('reads of work efforts', () => {
  it('are answered from the cache as long as nothing has changed, also after a sync that found nothing', async () => {
    const source = await threeWorkEfforts();
    const first = await counted(() => readAll(source));
    expect(first.hits).toBe(0);
    await sync(source);
    const second = await counted(() => readAll(source));
    expect(second).toEqual({ value: first.value, hits: first.misses, misses: 0 });
  });

  it('show a write that touches one of them in its lists on all pages and in the totals, and leave the others alone', async () => {
    const source = await threeWorkEfforts();
    const before = await readAll(source);
    await folder.workEffort('aaaa', 'title: other\ntags: [new]', ['done', 'done']);
    await sync(source);
    const { value: after, hits } = await counted(() => readAll(source));
    expect(after).toMatchObject({
      titles: ['other', 'bbbb', 'cccc'],
      stats: { total: 3, tickets: { byStatus: { completed: 4 } } },
      found: ['other'],
      tickets: 4,
      first: { title: 'other', progress: 100 },
      second: before.second,
    });
    expect(after.tags).toEqual(expect.arrayContaining(['all', 'bbbb', 'cccc', 'new']));
    expect(after.tags).not.toContain('aaaa');
    // The one that was not touched.
    expect(hits).toBe(1);
  });

  it('show what is new and what is gone, however much of it there is', async () => {
    const source = await threeWorkEfforts();
    await readAll(source);
    for (let n = 0; n < 150; n += 1) await folder.workEffort(`d${String(n).padStart(3, '0')}`, `title: d${n}`);
    await sync(source);
    expect((await page(1)).pagination.total).toBe(153);
    expect(await stats()).toMatchObject({ total: 153 });
    const { id } = (await page(1)).data[0]!;
    const [ticket] = (await client.request(getWorkEffort, { id })).tickets;
    expect(await client.request(getTicket, { id: ticket!.id })).toMatchObject({ workEffortId: id });
    await client.request(sources.remove, { id: source.id, actor });
    expect((await page(1)).data).toEqual([]);
    expect(await stats()).toMatchObject({ total: 0, bySource: [] });
    await expect(client.request(getWorkEffort, { id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.request(getTicket, { id: ticket!.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('take searches of any length that is allowed', async () => {
    await threeWorkEfforts();
    const tag = Array.from({ length: 20 }, (_, n) => `${n}${'é'.repeat(60)}`);
    const query = { q: 'aaaa '.repeat(40), tag };
    expect((await client.request(listWorkEfforts, query)).data).toEqual([]);
    expect((await counted(() => client.request(listWorkEfforts, query))).hits).toBe(1);
  });
});

describe('reads of sources', () => {
  it('show what was changed of one as soon as that is answered, and what a sync brought', async () => {
    const source = await threeWorkEfforts();
    const get = () => client.request(sources.get, { id: source.id });
    const listed = async () => (await client.request(sources.list, {})).data;
    expect((await counted(get)).misses).toBe(1);
    expect((await counted(get)).hits).toBe(1);
    expect(await listed()).toHaveLength(1);
    await client.request(sources.update, { id: source.id, actor, changes: { disabled: true } });
    expect(await get()).toMatchObject({ disabled: true });
    expect(await listed()).toMatchObject([{ disabled: true }]);
    await client.request(sources.update, { id: source.id, actor, changes: { disabled: false } });
    await folder.workEffort('dddd', 'title: d');
    const synced = await sync(source);
    expect(synced).toMatchObject({ workEfforts: 4, disabled: false });
    expect(await get()).toEqual(synced);
    expect(await listed()).toMatchObject([{ workEfforts: 4, syncedAt: synced.syncedAt }]);
    await client.request(sources.remove, { id: source.id, actor });
    await expect(get()).rejects.toMatchObject({ code: 'not_found' });
    expect(await listed()).toEqual([]);
  });

  it('show one that was added, also by a request that is sent again', async () => {
    await client.request(sources.list, {});
    const request = { input: { kind: 'directory', path: folder.path } as const, actor, idempotencyKey: 'once' };
    const { id } = await client.request(sources.create, request);
    expect((await client.request(sources.list, {})).data).toMatchObject([{ id }]);
    expect(await client.request(sources.create, request)).toMatchObject({ id });
    expect((await client.request(sources.list, {})).data).toMatchObject([{ id, status: 'ok' }]);
  });
});

describe('what GitHub answered', () => {
  const box = new SecretBox(TEST_MASTER_KEY);
  const sealed = (token: string) => box.seal(token, sourceSecrets.token);
  const ofRepository = (asked: ReturnType<GithubServer['takeAsked']>) =>
    asked.filter(({ path }) => path.endsWith('/repos/acme/shop'));

  let github: GithubServer;
  let source: Source;
  beforeEach(async () => {
    github = await GithubServer.start();
    for (const token of ['old', 'new']) github.allow(token, 5_000);
    github.add('acme/shop').fill(3);
    source = await client.request(sources.create, {
      input: {
        kind: 'github',
        repository: 'acme/shop',
        baseUrl: github.baseUrl,
        sealedToken: sealed('old'),
      },
      actor,
    });
    await readAgain();
  });
  afterEach(() => github.stop());

  /** Has all of it read once more, as somebody does who says that more has changed than is known. @returns what was asked */
  async function readAgain() {
    github.takeAsked();
    await service.writeBehind('UPDATE sources SET stale_since = clock_timestamp() WHERE id = $1', [source.id]);
    await sync(source);
    return ofRepository(github.takeAsked()).map(({ headers, status }) => ({
      conditional: headers['if-none-match'] !== undefined,
      status,
    }));
  }

  it('is asked for again by its ETag', async () => {
    expect(await readAgain()).toEqual([{ conditional: true, status: 304 }]);
  });

  it('is asked for by its ETag after a restart, and what a restart costs nothing is not on disk', async () => {
    const variables = { DATABASE_URL: own.url, SOURCE_WATCH_MAX_FOLDERS: '0' };
    const cacheFolder = join(temporary.path, 'cache');
    const readOnce = async () => {
      const other = await startTestTraining(variables, { cacheFolder });
      github.takeAsked();
      await other.writeBehind('UPDATE sources SET stale_since = clock_timestamp() WHERE id = $1', [source.id]);
      await other.client.request(syncSource, { id: source.id });
      await other.client.request(listWorkEfforts, {});
      const disk = other.running.app.get(Caches, { strict: false }).statistics().tiers[1];
      await other.stop();
      return { asked: ofRepository(github.takeAsked()).map(({ status }) => status), disk };
    };
    expect(await readOnce()).toMatchObject({ asked: [200] });
    expect(await readOnce()).toMatchObject({ asked: [304], disk: { name: 'disk', entries: 1 } });
  });

  it('is dropped, and none of its ETags sent, once the source has another credential', async () => {
    const changeTo = (token: string) =>
      client.request(sources.update, { id: source.id, actor, changes: { sealedToken: sealed(token) } });
    const unconditional = [{ conditional: false, status: 200 }];
    await changeTo('new');
    expect(await readAgain()).toEqual(unconditional);
    await changeTo('old');
    expect(await readAgain()).toEqual(unconditional);
    expect(await readAgain()).toEqual([{ conditional: true, status: 304 }]);
  });
});
