import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { getWorkEffort, listTickets, listWorkEfforts, sources, syncSource } from '@purser/contracts';
import type { Source } from '@purser/contracts';
import { Database } from '@purser/database';
import type { MessageClient } from '@purser/messaging';
import { temporaryFolder, testDatabase, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, type TestTraining } from '../testing/start-test-training.ts';
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
  service = await startTestTraining({ DATABASE_URL: own.url, PURSER_SOURCE_ROOTS: dirname(path) });
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
  await service.writeBehind('TRUNCATE sources, tags, idempotency_keys CASCADE');
  await temporary.remove();
});

const create = (input: object = {}, idempotencyKey?: string): Promise<Source> =>
  client.request(sources.create, {
    input: { kind: 'directory', path: folder.path, ...input } as never,
    actor,
    idempotencyKey,
  });
const sync = ({ id }: Source) => client.request(syncSource, { id });
const list = (query: object = {}) => client.request(listWorkEfforts, query);

describe('a source', () => {
  it('is read when it is created', async () => {
    await folder.workEffort(
      'aaaa',
      'title: First\nstatus: active\ncreated: 2026-01-02\nlast_updated: 2026-01-03\nbranch: b\nrepository: o/r\ntags: [x, y]',
      ['done', 'todo', 'done'],
    );
    await folder.write('WE-260101-bbbb_x/WE-260101-bbbb_index.md', 'no front matter');
    const source = await create();
    expect(source).toEqual({
      id: expect.any(String),
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      kind: 'directory',
      path: folder.path,
      status: 'partial',
      problems: [
        { path: 'WE-260101-bbbb_x/WE-260101-bbbb_index.md', reason: 'has no front matter: its first line is not ---' },
      ],
      workEfforts: 1,
      syncedAt: expect.any(String),
      disabled: false,
    });
    const { data } = await list();
    expect(data).toEqual([
      {
        id: expect.any(String),
        externalId: 'WE-260101-aaaa',
        title: 'First',
        description: 'Do aaaa.',
        status: 'in-progress',
        progress: 67,
        branch: 'b',
        repository: 'o/r',
        tags: ['x', 'y'],
        sourceId: source.id,
        createdAt: '2026-01-02T00:00:00.000Z',
        updatedAt: '2026-01-03T00:00:00.000Z',
      },
    ]);
    const { tickets } = await client.request(getWorkEffort, { id: data[0]!.id });
    expect(tickets).toEqual(
      ['completed', 'pending', 'completed'].map((status, n) => ({
        id: expect.any(String),
        externalId: `TKT-aaaa-00${n + 1}`,
        title: `step ${n + 1}`,
        status,
        sequence: n + 1,
        parent: null,
        assignedTo: null,
        createdAt: null,
      })),
    );
  });

  it('follows its folder: what is new, changed, moved and gone, under the same ids', async () => {
    const first = await folder.workEffort('aaaa', 'status: active', ['todo', 'todo']);
    const second = await folder.workEffort('bbbb', 'status: active');
    await folder.workEffort('cccc', 'status: active');
    const source = await create();
    const before = (await list({ sort: 'title' })).data;

    await folder.write(`${first}/tickets/TKT-aaaa-001_step_1.md`, '---\nstatus: done\n---\n');
    await folder.write(`${first}/tickets/TKT-aaaa-003_new.md`, '---\nstatus: blocked\n---\n');
    await rm(join(folder.path, first, 'tickets/TKT-aaaa-002_step_2.md'));
    await mkdir(join(folder.path, 'archive'));
    await rename(join(folder.path, second), join(folder.path, 'archive', second));
    await rm(join(folder.path, 'WE-260101-cccc_title_of_cccc'), { recursive: true });
    await folder.workEffort('dddd', 'status: active');

    expect(await sync(source)).toMatchObject({ status: 'ok', problems: [], workEfforts: 3 });
    const after = (await list({ sort: 'title' })).data;
    expect(after.map(({ externalId }) => externalId)).toEqual(['WE-260101-aaaa', 'WE-260101-bbbb', 'WE-260101-dddd']);
    expect(after.slice(0, 2).map(({ id }) => id)).toEqual(before.slice(0, 2).map(({ id }) => id));
    expect(after[0]!.progress).toBe(50);
    const { tickets } = await client.request(getWorkEffort, { id: before[0]!.id });
    expect(tickets.map(({ externalId, status }) => [externalId, status])).toEqual([
      ['TKT-aaaa-001', 'completed'],
      ['TKT-aaaa-003', 'blocked'],
    ]);
    await expect(client.request(getWorkEffort, { id: before[2]!.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('writes only what changed', async () => {
    const first = await folder.workEffort('aaaa', 'status: odd', ['todo']);
    await folder.workEffort('bbbb', 'status: active', ['todo']);
    const source = await create();
    const rows = () => service.database.query('SELECT xmin::text FROM work_efforts ORDER BY external_id');
    const old = await rows();
    expect(await sync(source)).toMatchObject({ status: 'partial', problems: source.problems });
    expect(await rows()).toEqual(old);
    await folder.write(`${first}/tickets/TKT-aaaa-002_x.md`, '---\nstatus: todo\n---\n');
    await sync(source);
    const changed = await rows();
    expect(changed[0]).not.toEqual(old[0]);
    expect(changed[1]).toEqual(old[1]);
  });

  it('keeps what it had of a work effort while its index is broken, and says so', async () => {
    const first = await folder.workEffort('aaaa', 'status: active', ['todo']);
    const source = await create();
    const [before] = (await list()).data;
    await folder.write(`${first}/WE-260101-aaaa_index.md`, '---\ntitle: "broken\n');
    for (const _again of [1, 2]) {
      expect(await sync(source)).toMatchObject({
        status: 'partial',
        workEfforts: 1,
        problems: [{ path: `${first}/WE-260101-aaaa_index.md`, reason: expect.any(String) }],
      });
    }
    expect((await list()).data).toEqual([before]);
    expect((await client.request(getWorkEffort, { id: before!.id })).tickets).toHaveLength(1);
    await folder.workEffort('aaaa', 'status: done', ['todo']);
    expect(await sync(source)).toMatchObject({ status: 'ok', workEfforts: 1, problems: [] });
    expect((await list()).data).toMatchObject([{ id: before!.id, status: 'completed' }]);
    await rm(join(folder.path, first, 'WE-260101-aaaa_index.md'));
    expect(await sync(source)).toMatchObject({ workEfforts: 0, problems: [{ path: first }] });
    expect((await list()).data).toEqual([]);
  });

  it('keeps what it had when its folder is gone, and says so', async () => {
    await folder.workEffort('aaaa', 'status: active');
    const source = await create();
    await rename(folder.path, `${folder.path}-away`);
    const failed = await sync(source);
    expect(failed).toMatchObject({
      status: 'failed',
      problems: [{ path: '.', reason: 'is gone, or a link to nothing' }],
      workEfforts: 1,
      syncedAt: source.syncedAt,
    });
    expect((await list()).pagination.total).toBe(1);
    await rename(`${folder.path}-away`, folder.path);
    expect(await sync(source)).toMatchObject({ status: 'ok', problems: [] });
  });

  it('is read by everyone who asks at once, and ends with the newest', async () => {
    await folder.workEffort('aaaa', 'title: old\nstatus: active');
    const source = await create();
    const early = Array.from({ length: 5 }, () => sync(source));
    await folder.workEffort('aaaa', 'title: new\nstatus: active');
    const late = Array.from({ length: 5 }, () => sync(source));
    for (const answer of await Promise.all([...early, ...late])) expect(answer.status).not.toBe('failed');
    expect((await list()).data.map(({ title }) => title)).toEqual(['new']);
  });

  it('leaves no tag behind that nothing has any more', async () => {
    const tags = async () =>
      (await service.database.query('SELECT name FROM tags ORDER BY name')).map(({ name }) => name);
    const first = await folder.workEffort('aaaa', 'status: active\ntags: [shared, first]');
    await folder.workEffort('bbbb', 'status: active\ntags: [shared, second]');
    const source = await create();
    expect(await tags()).toEqual(['first', 'second', 'shared']);
    await folder.workEffort('bbbb', 'status: active\ntags: [other, shared]');
    await sync(source);
    expect(await tags()).toEqual(['first', 'other', 'shared']);
    expect((await list({ tag: 'other' })).data[0]!.tags).toEqual(['other', 'shared']);
    await rm(join(folder.path, first), { recursive: true });
    await sync(source);
    expect(await tags()).toEqual(['other', 'shared']);
    await client.request(sources.remove, { id: source.id, actor });
    expect(await tags()).toEqual([]);
  });

  it('waits for no other that changes tags where it changes none', async () => {
    const first = await folder.workEffort('aaaa', 'status: active\ntags: [x]', ['todo']);
    const source = await create();
    await folder.write(`${first}/tickets/TKT-aaaa-001_step_1.md`, '---\nstatus: done\n---\n');
    const other = await Database.open({
      url: own.url,
      schema: 'training',
      migrations: [],
      entities: [],
      migrateAtStart: false,
    });
    try {
      await other.transaction(async () => {
        await other.query(`SELECT pg_advisory_xact_lock(hashtext('training.tags'))`);
        expect(await sync(source)).toMatchObject({ status: 'ok' });
      });
    } finally {
      await other.close();
    }
    expect((await list()).data[0]!.progress).toBe(100);
  });

  it('takes a work effort whose tickets have more words than fit a search vector', async () => {
    const first = await folder.workEffort('aaaa', 'title: a\nstatus: active');
    const word = (n: number) => (n * 7_919).toString(36).padStart(5, 'x');
    for (let n = 0; n < 1_000; n += 1) {
      const title = Array.from({ length: 50 }, (_, w) => word(n * 50 + w)).join(' ');
      const id = `TKT-aaaa-${String(n).padStart(4, '0')}`;
      await folder.write(
        `${first}/tickets/${id}_x.md`,
        `---\nstatus: todo\ntitle: ${title}${'字'.repeat(n % 3)}\n---\n`,
      );
    }
    expect(await sync(await create())).toMatchObject({ status: 'ok', problems: [], workEfforts: 1 });
    expect((await list({ q: word(0) })).data).toHaveLength(1);
    expect((await client.request(listTickets, { q: word(49_990) })).data).toHaveLength(1);
  }, 30_000);

  it('holds hundreds of work efforts', async () => {
    for (let n = 1_000; n < 1_510; n += 1) await folder.workEffort(String(n), 'status: active', ['done']);
    const source = await sync(await create());
    expect(source).toMatchObject({ status: 'ok', workEfforts: 510 });
    const [counted] = await service.database.query('SELECT count(*)::integer AS tickets FROM tickets');
    expect(counted).toEqual({ tickets: 510 });
    await rm(folder.path, { recursive: true });
    await mkdir(folder.path);
    expect(await sync(source)).toMatchObject({ status: 'ok', workEfforts: 0 });
    expect((await list()).pagination.total).toBe(0);
  }, 30_000);
});

describe('sources', () => {
  it.each([
    ['nowhere', /^path: must be a folder that can be read; it is gone/],
    ['file', /^path: .* is not a folder$/],
    ['out', /^path: .* is outside of the folders that PURSER_SOURCE_ROOTS allows$/],
  ])('refuse a folder that can not be one: %s', async (name, message) => {
    await folder.write('file', '');
    await symlink('/', join(folder.path, 'out'));
    const refused = create({ path: join(folder.path, name) });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', details: { field: 'path' } });
    await expect(refused).rejects.toThrow(message);
    expect((await client.request(sources.list, {})).data).toEqual([]);
  });

  it.each([
    [{ path: 'relative' }],
    [{ path: '/a\0b' }],
    [{ path: '' }],
    [{ kind: 'folder' }],
    [{ disabled: 'no' }],
    [{ token: 'x' }],
  ])('refuse %j', async (input) => {
    await expect(create(input)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('have one path each, however it is spelt', async () => {
    await create();
    const again = create({ path: `${folder.path}/./` });
    await expect(again).rejects.toMatchObject({ code: 'conflict', details: { field: 'path' } });
  });

  it('answer a repeated creation as the first, and refuse another under its key', async () => {
    await folder.workEffort('aaaa', 'status: active');
    const [first, second] = await Promise.all([create({}, 'key-1'), create({}, 'key-1')]);
    expect(second.id).toBe(first.id);
    const read = [first, second].find(({ status }) => status === 'ok');
    expect(await create({}, 'key-1')).toEqual(read);
    const other = create({ disabled: true }, 'key-1');
    await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' });
    expect((await client.request(sources.list, {})).pagination.total).toBe(1);
  });

  it('do not remember a creation that failed', async () => {
    const path = join(folder.path, 'later');
    await expect(create({ path }, 'key-2')).rejects.toMatchObject({ code: 'invalid_request' });
    await mkdir(path);
    await expect(create({ path }, 'key-2')).resolves.toMatchObject({ path });
  });

  it('are not read while they are disabled', async () => {
    await folder.workEffort('aaaa', 'status: active');
    const source = await create({ disabled: true });
    expect(source).toMatchObject({ status: 'new', workEfforts: 0, syncedAt: null, disabled: true });
    await expect(sync(source)).rejects.toMatchObject({ code: 'conflict' });
    const changes = { disabled: false };
    const enabled = await client.request(sources.update, { id: source.id, changes, actor, ifMatch: source.version });
    expect(enabled).toMatchObject({ disabled: false, version: source.version + 1 });
    expect(await sync(source)).toMatchObject({ status: 'ok', workEfforts: 1 });
  });

  it('are changed and removed only as the version that was read', async () => {
    await folder.workEffort('aaaa', 'status: active', ['todo']);
    const { id, version } = await create();
    const stale = { id, actor, ifMatch: version + 1 };
    await expect(client.request(sources.update, { ...stale, changes: {} })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    await expect(client.request(sources.remove, stale)).rejects.toMatchObject({ code: 'precondition_failed' });
    await client.request(sources.remove, { id, actor, ifMatch: version });
    await expect(client.request(sources.get, { id })).rejects.toMatchObject({ code: 'not_found' });
    expect((await list()).data).toEqual([]);
    await expect(create()).resolves.toMatchObject({ status: 'ok', workEfforts: 1 });
  });

  it.each([
    ['an id that is none', 'x'],
    ['an unknown id', uuidv7()],
  ])('are not found under %s', async (_name, id) => {
    const missing = { code: 'not_found' };
    await expect(client.request(sources.get, { id })).rejects.toMatchObject(missing);
    await expect(client.request(sources.update, { id, changes: {}, actor })).rejects.toMatchObject(missing);
    await expect(client.request(sources.remove, { id, actor })).rejects.toMatchObject(missing);
    await expect(client.request(syncSource, { id })).rejects.toMatchObject(missing);
    await expect(client.request(getWorkEffort, { id })).rejects.toMatchObject(missing);
  });

  it('are listed with some of their problems, and say how many more there are', async () => {
    for (let n = 100; n < 330; n += 1) await folder.write(`WE-260101-${n}_x/notes.md`, '');
    const source = await create();
    expect(source.problems).toHaveLength(200);
    const { data } = await client.request(sources.list, {});
    expect(data[0]!.problems).toHaveLength(20);
    expect(data[0]!.problems.slice(0, -1)).toEqual(source.problems.slice(0, 19));
    expect(data[0]!.problems.at(-1)).toEqual({ path: '.', reason: 'has 211 more problems' });
  });

  it('are listed page by page', async () => {
    const paths = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await mkdir(join(folder.path, name));
        return join(folder.path, name);
      }),
    );
    for (const path of paths) await create({ path });
    const first = await client.request(sources.list, { limit: 2 });
    expect(first.data.map(({ path }) => path)).toEqual(paths.slice(0, 2));
    expect(first.pagination).toEqual({ page: 1, limit: 2, total: 3, pages: 2, hasNext: true, hasPrev: false });
    const last = await client.request(sources.list, { limit: 2, page: 2, sort: '-createdAt' });
    expect(last.data.map(({ path }) => path)).toEqual(paths.slice(0, 1));
  });
});
