import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listTickets, listWorkEfforts, sources, syncSource } from '@purser/contracts';
import type { Source } from '@purser/contracts';
import { temporaryFolder, testDatabase, waitUntil, type TemporaryFolder, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, type TestTraining } from '../testing/start-test-training.ts';
import { WorkFolder } from '../testing/work-folder.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };
/** Long beyond what it takes, so that only what never happens is missed. */
const SOON = 20_000;

let own: TestDatabase;
let temporary: TemporaryFolder;
let folder: WorkFolder;
let service: TestTraining;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
});
afterAll(() => own?.drop());
beforeEach(async () => {
  temporary = await temporaryFolder();
  await mkdir(join(temporary.path, 'work'));
  folder = new WorkFolder(join(temporary.path, 'work'));
});
afterEach(async () => {
  await service?.writeBehind('TRUNCATE sources CASCADE');
  await service?.stop();
  await temporary.remove();
});

const start = async (variables: Record<string, string> = {}): Promise<void> => {
  service = await startTestTraining({ DATABASE_URL: own.url, SOURCE_RESYNC_MS: '86400000', ...variables });
};
const create = (): Promise<Source> =>
  service.client.request(sources.create, { input: { kind: 'directory', path: folder.path }, actor });
const get = ({ id }: Source) => service.client.request(sources.get, { id });
const update = ({ id }: Source, disabled: boolean) =>
  service.client.request(sources.update, { id, changes: { disabled }, actor });
const titles = async () => {
  const { data } = await service.client.request(listWorkEfforts, { sort: 'title' });
  return data.map(({ title, progress }) => `${title} ${progress}`);
};
const shows = (...expected: string[]) =>
  waitUntil(async () => JSON.stringify(await titles()) === JSON.stringify(expected), {
    timeoutMs: SOON,
    what: `the work efforts are ${expected.join(', ')}`,
  });

describe('a folder that is watched', () => {
  it('shows by itself what is new, changed, moved and gone', async () => {
    const first = await folder.workEffort('aaaa', 'title: a\nstatus: active', ['todo', 'todo']);
    await start();
    await create();
    await shows('a 0');
    await folder.write(`${first}/tickets/TKT-aaaa-001_step_1.md`, '---\nstatus: done\n---\n');
    await shows('a 50');
    await folder.write(`${first}/tickets/TKT-aaaa-003_new.md`, '---\nstatus: done\n---\n');
    await shows('a 67');
    await rm(join(folder.path, first, 'tickets/TKT-aaaa-002_step_2.md'));
    await shows('a 100');
    const second = await folder.workEffort('bbbb', 'title: b\nstatus: active', ['todo']);
    await shows('a 100', 'b 0');
    await folder.write(`${second}/tickets/TKT-bbbb-001_step_1.md`, '---\nstatus: done\n---\n');
    await shows('a 100', 'b 100');
    await mkdir(join(folder.path, 'archive'));
    await rename(join(folder.path, second), join(folder.path, 'archive', second));
    await folder.write(`archive/${second}/tickets/TKT-bbbb-002_x.md`, '---\nstatus: todo\n---\n');
    await shows('a 100', 'b 50');
    await rm(join(folder.path, first), { recursive: true });
    await shows('b 50');
  }, 60_000);

  it('is still heard where another took its place', async () => {
    const name = await folder.workEffort('aaaa', 'title: a\nstatus: active', ['todo']);
    await start();
    await create();
    const other = new WorkFolder(join(temporary.path, 'other'));
    await other.workEffort('aaaa', 'title: other\nstatus: active', ['todo']);
    await rename(join(folder.path, name), join(temporary.path, 'away'));
    await rename(join(other.path, name), join(folder.path, name));
    await shows('other 0');
    await folder.write(`${name}/tickets/TKT-aaaa-001_step_1.md`, '---\nstatus: done\n---\n');
    await shows('other 100');
  });

  it('is noticed when it vanishes and when it comes back, with what came with it', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: active', ['todo']);
    await start();
    const source = await create();
    await shows('a 0');
    const status = (expected: Source['status']) =>
      waitUntil(async () => (await get(source)).status === expected, { timeoutMs: SOON, what: `it is ${expected}` });
    await rename(folder.path, `${folder.path}-away`);
    await status('failed');
    expect((await get(source)).problems).toEqual([{ path: '.', reason: 'is gone, or a link to nothing' }]);
    expect(await titles()).toEqual(['a 0']);
    const away = new WorkFolder(`${folder.path}-away`);
    await away.workEffort('bbbb', 'title: b\nstatus: active');
    await rename(away.path, folder.path);
    await status('ok');
    expect(await titles()).toEqual(['a 0', 'b 0']);
    const name = await folder.workEffort('cccc', 'title: c\nstatus: active', ['todo']);
    await shows('a 0', 'b 0', 'c 0');
    await folder.write(`${name}/tickets/TKT-cccc-001_step_1.md`, '---\nstatus: done\n---\n');
    await shows('a 0', 'b 0', 'c 100');
  }, 60_000);

  it('reports a bad file and its mending, and goes on', async () => {
    const name = await folder.workEffort('aaaa', 'title: a\nstatus: active');
    await start();
    const source = await create();
    const reasons = async () => (await get(source)).problems.map(({ path, reason }) => `${path} ${reason}`).join();
    const reads = (expected: RegExp) =>
      waitUntil(async () => expected.test(await reasons()), { timeoutMs: SOON, what: `problems like ${expected}` });
    await writeFile(join(folder.path, name, 'WE-260101-aaaa_index.md'), Buffer.alloc(10_000_000, 'x'));
    await reads(/aaaa_index\.md is larger than 1048576 bytes/);
    await writeFile(join(folder.path, name, 'WE-260101-aaaa_index.md'), Buffer.from([0xff, 0xd8, 0]));
    await reads(/aaaa_index\.md is not text/);
    await folder.workEffort('aaaa', 'title: a\nstatus: whatever');
    await reads(/unknown status "whatever"; taken as planned$/);
    await folder.workEffort('aaaa', 'title: a\nstatus: done');
    await reads(/^$/);
  }, 60_000);

  it('is let alone while its source is disabled, and read when it is enabled', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: active');
    await start();
    const source = await create();
    await update(source, true);
    await folder.workEffort('bbbb', 'title: b\nstatus: active');
    const { id } = await service.client.request(sources.create, {
      ...{ input: { kind: 'directory', path: temporary.path }, actor },
    });
    await service.client.request(syncSource, { id });
    await service.client.request(sources.remove, { id, actor });
    expect(await titles()).toEqual(['a 0']);
    await update(source, false);
    await shows('a 0', 'b 0');
    await folder.workEffort('cccc', 'title: c\nstatus: active');
    await shows('a 0', 'b 0', 'c 0');
  }, 60_000);

  it('is read at the start, where it changed while nobody watched', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: active');
    await start();
    await create();
    await service.stop();
    await folder.workEffort('bbbb', 'title: b\nstatus: active');
    await start();
    await shows('a 0', 'b 0');
    await folder.workEffort('cccc', 'title: c\nstatus: active');
    await shows('a 0', 'b 0', 'c 0');
  });

  it('is watched by several replicas', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: active', ['todo']);
    await start();
    const source = await create();
    const other = await startTestTraining({ DATABASE_URL: own.url }, { broker: service.broker });
    try {
      for (let round = 1; round <= 5; round += 1) {
        const status = round % 2 ? 'done' : 'todo';
        await folder.write(
          'WE-260101-aaaa_title_of_aaaa/tickets/TKT-aaaa-001_step_1.md',
          `---\nstatus: ${status}\n---\n`,
        );
        await folder.workEffort(`bbb${round}`, `title: b${round}\nstatus: active`);
        await waitUntil(async () => (await titles()).includes(`b${round} 0`), {
          timeoutMs: SOON,
          what: `round ${round}`,
        });
      }
      await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: SOON, what: 'all is read' });
      expect(await get(source)).toMatchObject({ workEfforts: 6, version: source.version });
    } finally {
      await other.stop();
    }
  }, 60_000);
});

describe('a folder that can not be watched', () => {
  it('says so on its source, and is read all the same', async () => {
    const name = await folder.workEffort('aaaa', 'title: a\nstatus: active', ['todo']);
    await start({ SOURCE_WATCH_MAX_FOLDERS: '2', SOURCE_RESYNC_MS: '1000' });
    const source = await create();
    expect(source).toMatchObject({ status: 'partial', workEfforts: 1 });
    expect(source.problems).toEqual([
      {
        path: '.',
        reason: expect.stringMatching(/SOURCE_WATCH_MAX_FOLDERS allows no more folders; it is read every 30 s/),
      },
    ]);
    await folder.write(`${name}/tickets/TKT-aaaa-001_step_1.md`, '---\nstatus: done\n---\n');
    await shows('a 100');
    await rm(join(folder.path, name, 'tickets'), { recursive: true });
    await shows('a 0');
    await waitUntil(async () => (await get(source)).status === 'ok', { timeoutMs: SOON, what: 'it is watched' });
  }, 60_000);

  it('is read every so often where nothing is to be watched', async () => {
    await folder.workEffort('aaaa', 'title: a\nstatus: active');
    await start({ SOURCE_WATCH_MAX_FOLDERS: '0', SOURCE_RESYNC_MS: '1000' });
    expect(await create()).toMatchObject({ status: 'ok', problems: [] });
    await folder.workEffort('bbbb', 'title: b\nstatus: active', ['done']);
    await shows('a 0', 'b 100');
    expect((await service.client.request(listTickets, {})).pagination.total).toBe(1);
  });
});
