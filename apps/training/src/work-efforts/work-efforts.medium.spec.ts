import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { dirname } from 'node:path';
import { listWorkEfforts, sources, syncSource } from '@purser/contracts';
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
  await service.database.query('TRUNCATE sources, idempotency_keys CASCADE');
  await temporary.remove();
});

const create = (): Promise<Source> =>
  client.request(sources.create, { input: { kind: 'directory', path: folder.path }, actor });
const sync = ({ id }: Source) => client.request(syncSource, { id });
const list = (query: object = {}) => client.request(listWorkEfforts, query);
const titles = async (query: object = {}) => (await list({ sort: 'title', ...query })).data.map(({ title }) => title);

describe('work efforts', () => {
  it('are found by a part of their title, description or id, and by status and source', async () => {
    await folder.workEffort('aaaa', 'title: 100% of it\nstatus: done');
    await folder.workEffort('bbbb', 'title: under_score\nstatus: active');
    await folder.workEffort('cccc', 'title: back\\slash\nstatus: blocked');
    const source = await create();
    expect(await titles()).toEqual(['100% of it', 'back\\slash', 'under_score']);
    expect(await titles({ q: 'OF IT' })).toEqual(['100% of it']);
    expect(await titles({ q: 'do bbbb' })).toEqual(['under_score']);
    expect(await titles({ q: '-CCCC' })).toEqual(['back\\slash']);
    expect(await titles({ q: '%' })).toEqual(['100% of it']);
    expect(await titles({ q: '_' })).toEqual(['under_score']);
    expect(await titles({ q: '\\' })).toEqual(['back\\slash']);
    expect(await titles({ q: "' OR true --" })).toEqual([]);
    expect(await titles({ status: 'blocked' })).toEqual(['back\\slash']);
    expect(await titles({ status: 'completed', q: 'back' })).toEqual([]);
    expect(await titles({ sourceId: source.id })).toHaveLength(3);
    expect(await titles({ sourceId: uuidv7() })).toEqual([]);
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
    const beyond = await list({ page: 1_000_000, limit: 100 });
    expect(beyond).toEqual({
      data: [],
      pagination: { page: 1_000_000, limit: 100, total: 9, pages: 1, hasNext: false, hasPrev: true },
    });
  });

  it.each([
    ['q', { q: 'a\0b' }],
    ['q', { q: 'x'.repeat(301) }],
    ['status', { status: 'done' }],
    ['sourceId', { sourceId: '1' }],
    ['sort', { sort: 'progress' }],
    ['limit', { limit: 1_000_000 }],
  ])('refuse a bad %s by name: %j', async (field, query) => {
    await expect(list(query)).rejects.toMatchObject({ code: 'invalid_request', details: { field } });
  });

  it('fit a page of the largest into one message', async () => {
    for (let n = 0; n < 100; n += 1) {
      const name = `WE-260101-${1_000 + n}_x`;
      const text = `---\ntitle: ${'🪙'.repeat(400)}\nstatus: active\n---\n## Objective\n${'漢'.repeat(10_000)}`;
      await folder.write(`${name}/WE-260101-${1_000 + n}_index.md`, text);
    }
    await sync(await create());
    expect((await list({ limit: 100 })).data).toHaveLength(100);
  });
});
