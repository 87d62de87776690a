import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { dirname, join } from 'node:path';
import {
  getTicket,
  listTags,
  listTickets,
  listWorkEfforts,
  sources,
  syncSource,
  workEffortStats,
} from '@purser/contracts';
import type { Source } from '@purser/contracts';
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
  await service.writeBehind('TRUNCATE sources, idempotency_keys CASCADE');
  await temporary.remove();
});

const create = (): Promise<Source> =>
  client.request(sources.create, { input: { kind: 'directory', path: folder.path }, actor });
const sync = ({ id }: Source) => client.request(syncSource, { id });
const list = (query: object = {}) => client.request(listWorkEfforts, query);
const titles = async (query: object = {}) => (await list({ sort: 'title', ...query })).data.map(({ title }) => title);

describe('work efforts', () => {
  it('are found by their words, the last as the beginning of one, in any order and case', async () => {
    await folder.workEffort('aaaa', 'title: "Count every cent: budgets"\nstatus: done\ntags: [Money]');
    await folder.workEffort('bbbb', 'title: Größe of under_score\nstatus: active\nbranch: feature/fast-path');
    await folder.workEffort('cccc', 'title: Counting sheep\nstatus: blocked', ['todo']);
    await folder.write(
      'WE-260101-cccc_title_of_cccc/tickets/TKT-cccc-002_x.md',
      '---\ntitle: Build a fence\nstatus: todo\n---\n',
    );
    await create();
    const found = async (q: string) => (await titles({ q })).map((title) => title.split(/[ :]/)[0]);
    expect(await found('CENT count')).toEqual(['Count']);
    expect(await found('bud')).toEqual(['Count']);
    expect(await found('budget')).toEqual(['Count']);
    expect(await found('counted')).toEqual(['Count', 'Counting']);
    expect(await found('the count')).toEqual(['Count', 'Counting']);
    expect(await found('größe')).toEqual(['Größe']);
    expect(await found('under_sc')).toEqual(['Größe']);
    expect(await found('score under')).toEqual(['Größe']);
    expect(await found('do bbbb')).toEqual(['Größe']);
    expect(await found('fast path')).toEqual(['Größe']);
    expect(await found('money')).toEqual(['Count']);
    expect(await found('fence')).toEqual(['Counting']);
    expect(await found('WE-260101-cccc')).toEqual(['Counting']);
    expect(await found('we-260101-cc')).toEqual(['Counting']);
    expect(await found('TKT-cccc-002')).toEqual(['Counting']);
    expect(await found('WE-2601')).toEqual(['Count', 'Counting', 'Größe']);
    for (const none of ['ount', 'count nothing', '%', '_', '\\', '-', ' ', "' OR true --"]) {
      expect(await found(none)).toEqual([]);
    }
  });

  it('come with the best match first, unless another order is asked for', async () => {
    await folder.write(
      'WE-260101-aaaa_x/WE-260101-aaaa_index.md',
      '---\ntitle: A\nstatus: todo\n---\n## Objective\nA lease, some day.',
    );
    await folder.workEffort('bbbb', 'title: B lease\nstatus: active');
    await folder.workEffort('cccc', 'title: C\nstatus: active\ntags: [lease]');
    await folder.workEffort('dddd', 'title: D about WE-260101-cccc WE-260101-cccc\nstatus: active');
    await create();
    const found = async (query: object) => (await list(query)).data.map(({ title }) => title[0]);
    expect(await found({ q: 'lease' })).toEqual(['B', 'C', 'A']);
    expect(await found({ q: 'lease', limit: 1, page: 2 })).toEqual(['C']);
    expect(await found({ q: 'lease', sort: '-title' })).toEqual(['C', 'B', 'A']);
    expect(await found({ q: 'we-260101-CCCC ' })).toEqual(['C', 'D']);
  });

  it('are filtered by status, tag and source, and all of these together', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: done\ntags: [Backend, good first issue]');
    await folder.workEffort('bbbb', 'title: b\nstatus: active\ntags: backend');
    await folder.workEffort('cccc', 'title: c\nstatus: blocked');
    const source = await create();
    expect(await titles()).toEqual(['a', 'b', 'c']);
    expect(await titles({ status: 'blocked' })).toEqual(['c']);
    expect(await titles({ tag: 'BACKEND' })).toEqual(['a', 'b']);
    expect(await titles({ tag: 'good first issue' })).toEqual(['a']);
    expect(await titles({ tag: 'good' })).toEqual([]);
    expect(await titles({ tag: 'backend, good first issue' })).toEqual(['a']);
    expect(await titles({ tag: ['good first issue', 'backend'] })).toEqual(['a']);
    expect(await titles({ tag: 'backend,other' })).toEqual([]);
    expect(await titles({ tag: 'backend', status: 'completed', q: 'aaaa', sourceId: source.id })).toEqual(['a']);
    expect(await titles({ status: 'completed', q: 'bbbb' })).toEqual([]);
    expect(await titles({ sourceId: source.id })).toHaveLength(3);
    expect(await titles({ sourceId: uuidv7() })).toEqual([]);
    expect((await list({ tag: 'good first issue' })).data[0]!.tags).toEqual(['Backend', 'good first issue']);
  });

  it('are found by a tag with commas in its name', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: done\ntags: [later-maybe]');
    await create();
    await service.database.query("UPDATE tags SET name = 'Later, maybe' WHERE name = 'later-maybe'");
    expect(await titles({ tag: 'later, maybe' })).toEqual(['a']);
    expect(await titles({ tag: 'later' })).toEqual([]);
  });

  it('are put in order by the numbers in their ids', async () => {
    const { id } = await create();
    const ids = ['#2', '#10', '#100', 'WE-260101-aaaa', 'WE-260101-b2', 'WE-260101-b10'];
    const values = ids.toReversed().map((external) => `(gen_random_uuid(), '${id}', '${external}', now(), now())`);
    await service.database.query(
      `INSERT INTO work_efforts (id, source_id, external_id, created_at, updated_at, title, description, status, progress,
         path, hash, problems)
       SELECT id, source_id::uuid, external_id, created_at, updated_at, external_id, '', 'planned', 0, external_id, '', '[]'
       FROM (VALUES ${values.join()}) given (id, source_id, external_id, created_at, updated_at)`,
    );
    const found = async (sort: string) => (await list({ sort })).data.map(({ externalId }) => externalId);
    expect(await found('externalId')).toEqual(ids);
    expect(await found('-externalId')).toEqual(ids.toReversed());
  });

  it('are listed page by page, each once, also where many are equal', async () => {
    const all = Array.from({ length: 9 }, (_, n) => `aaa${n}`);
    for (const letters of all) await folder.workEffort(letters, 'title: same\nstatus: active');
    await create();
    for (const sort of ['title', '-title', 'createdAt', '-updatedAt']) {
      const ids: string[] = [];
      for (const page of [1, 2, 3])
        ids.push(...(await list({ sort, limit: 4, page })).data.map(({ externalId }) => externalId));
      expect(ids.sort()).toEqual(all.map((letters) => `WE-260101-${letters}`));
    }
    const beyond = await list({ page: 1e13, limit: 100 });
    expect(beyond).toEqual({
      data: [],
      pagination: { page: 1e13, limit: 100, total: 9, pages: 1, hasNext: false, hasPrev: true },
    });
  });

  it.each([
    ['q', { q: 'a\0b' }],
    ['q', { q: 'x'.repeat(301) }],
    ['status', { status: 'done' }],
    ['sourceId', { sourceId: '1' }],
    ['sort', { sort: 'path' }],
    ['tag', { tag: '' }],
    ['tag', { tag: 'a,' }],
    ['tag', { tag: ['a\0'] }],
    ['tag', { tag: 'a,'.repeat(20) + 'a' }],
    ['limit', { limit: 1_000_000 }],
  ])('refuse a bad %s by name: %j', async (field, query) => {
    await expect(list(query)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('fit a page of the largest into one message', async () => {
    for (let n = 0; n < 100; n += 1) {
      const name = `WE-260101-${1_000 + n}_x`;
      const text = `---\ntitle: ${'🪙'.repeat(400)}\nstatus: active\n---\n## Objective\n${'"漢'.repeat(10_000)}`;
      await folder.write(`${name}/WE-260101-${1_000 + n}_index.md`, text);
    }
    await sync(await create());
    expect((await list({ limit: 100 })).data).toHaveLength(100);
  });
});

describe('tickets', () => {
  beforeEach(async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: done', ['done', 'todo']);
    await folder.workEffort('bbbb', 'title: b\nstatus: done', ['blocked']);
    const fields =
      'title: Build a fence\nstatus: active\nassigned_to: Ann\nparent: WE-260101-bbbb\ncreated: 2026-01-05';
    await folder.write('WE-260101-bbbb_title_of_bbbb/tickets/TKT-bbbb-002_fence.md', `---\n${fields}\n---\n`);
  });
  const tickets = (query: object = {}) => client.request(listTickets, query);
  const found = async (query: object) => (await tickets(query)).data.map(({ externalId }) => externalId);

  it('are listed with where they lie, and found one by one', async () => {
    const source = await create();
    const { data, pagination } = await tickets();
    expect(pagination.total).toBe(4);
    const [effort] = (await list({ q: 'WE-260101-bbbb' })).data;
    expect(data.at(-1)).toEqual({
      ...{ id: expect.any(String), externalId: 'TKT-bbbb-002', title: 'Build a fence', status: 'in-progress' },
      ...{ sequence: 2, parent: 'WE-260101-bbbb', assignedTo: 'Ann', createdAt: '2026-01-05T00:00:00.000Z' },
      ...{ workEffortId: effort!.id, workEffortExternalId: 'WE-260101-bbbb', sourceId: source.id },
    });
    expect(await client.request(getTicket, { id: data[0]!.id })).toEqual(data[0]);
    for (const id of ['x', uuidv7()]) {
      await expect(client.request(getTicket, { id })).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('are searched, filtered and sorted', async () => {
    const source = await create();
    const [effort] = (await list({ q: 'WE-260101-aaaa' })).data;
    expect(await found({ q: 'fences' })).toEqual(['TKT-bbbb-002']);
    expect(await found({ q: 'tkt-AAAA-002' })).toEqual(['TKT-aaaa-002']);
    expect(await found({ q: 'TKT-aaaa' })).toEqual(['TKT-aaaa-001', 'TKT-aaaa-002']);
    expect(await found({ q: 'step', sort: '-sequence', limit: 1 })).toEqual(['TKT-aaaa-002']);
    expect(await found({ q: '-' })).toEqual([]);
    expect(await found({ status: 'completed' })).toEqual(['TKT-aaaa-001']);
    expect(await found({ workEffortId: effort!.id, sort: '-externalId' })).toEqual(['TKT-aaaa-002', 'TKT-aaaa-001']);
    expect(await found({ sourceId: source.id, status: 'blocked', q: 'step' })).toEqual(['TKT-bbbb-001']);
    expect(await found({ sourceId: uuidv7() })).toEqual([]);
    expect(await found({ assignedTo: 'ann' })).toEqual(['TKT-bbbb-002']);
    expect(await found({ sort: 'createdAt', limit: 1 })).toEqual(['TKT-bbbb-002']);
    expect(await found({ page: 2, limit: 3 })).toEqual(['TKT-bbbb-002']);
    expect((await tickets({ page: 9, limit: 3 })).pagination).toMatchObject({ total: 4, hasNext: false });
    await service.database.query("UPDATE tickets SET external_id = '#12.' || sequence * 5 WHERE work_effort_id = $1", [
      effort!.id,
    ]);
    expect(await found({ workEffortId: effort!.id })).toEqual(['#12.5', '#12.10']);
    await expect(tickets({ status: 'planned' })).rejects.toMatchObject({ details: { field: 'status' } });
  });
});

describe('tags and statistics', () => {
  const tags = async (query: object = {}) => {
    const { data } = await client.request(listTags, query);
    return data.map(({ name, workEfforts }) => `${name} ${workEfforts}`);
  };
  const stats = (query: object = {}) => client.request(workEffortStats, query);

  it('count nothing where there is nothing', async () => {
    expect(await tags()).toEqual([]);
    expect(await stats()).toEqual({
      ...{ total: 0, meanProgress: 0, bySource: [], byTag: [], recentlyUpdated: [] },
      byStatus: { planned: 0, 'in-progress': 0, completed: 0, blocked: 0 },
      tickets: { total: 0, byStatus: { pending: 0, 'in-progress': 0, completed: 0, blocked: 0 } },
    });
  });

  it('count all sources or one', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: done\ntags: [x, y_z]\nlast_updated: 2026-02-01', [
      'done',
      'done',
    ]);
    await folder.workEffort('bbbb', 'title: b\nstatus: active\ntags: [x]\nlast_updated: 2026-03-01', [
      'done',
      'todo',
      'todo',
    ]);
    await folder.workEffort('dddd', 'title: d\nstatus: done\nlast_updated: 2026-01-01');
    const source = await create();
    const other = new WorkFolder(join(folder.path, 'other'));
    await other.workEffort('cccc', 'title: c\nstatus: active\ntags: [w]\nlast_updated: 2026-01-15', ['blocked']);
    const input = { kind: 'directory', path: other.path } as const;
    const second = await client.request(sources.create, { input, actor });
    expect(await tags()).toEqual(['x 2', 'w 1', 'y_z 1']);
    expect(await tags({ sourceId: source.id, sort: 'name' })).toEqual(['x 2', 'y_z 1']);
    expect(await tags({ q: '_' })).toEqual(['y_z 1']);
    expect(await tags({ limit: 1, page: 2, sort: '-name' })).toEqual(['x 2']);
    expect(await stats()).toMatchObject({
      ...{ total: 4, meanProgress: 44.33, byStatus: { completed: 2, 'in-progress': 2, planned: 0, blocked: 0 } },
      bySource: [
        { sourceId: source.id, workEfforts: 3 },
        { sourceId: second.id, workEfforts: 1 },
      ],
      byTag: [
        { name: 'x', workEfforts: 2 },
        { name: 'w', workEfforts: 1 },
        { name: 'y_z', workEfforts: 1 },
      ],
      tickets: { total: 6, byStatus: { pending: 2, 'in-progress': 0, completed: 3, blocked: 1 } },
      recentlyUpdated: [
        { externalId: 'WE-260101-bbbb', status: 'in-progress', progress: 33, updatedAt: '2026-03-01T00:00:00.000Z' },
        { externalId: 'WE-260101-aaaa' },
        { externalId: 'WE-260101-cccc' },
        { externalId: 'WE-260101-dddd' },
      ],
    });
    expect(await stats({ sourceId: second.id })).toMatchObject({
      ...{ total: 1, meanProgress: 0, bySource: [{ sourceId: second.id, workEfforts: 1 }] },
      ...{ byTag: [{ name: 'w', workEfforts: 1 }], tickets: { total: 1 } },
    });
    await expect(stats({ sourceId: 'x' })).rejects.toMatchObject({ details: { field: 'sourceId' } });
    await expect(stats({ tag: 'x' })).rejects.toMatchObject({ details: { field: 'tag' } });
  });
});
