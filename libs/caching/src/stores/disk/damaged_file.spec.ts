import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setAside } from './database-file.ts';
import { find, storing, useFolder } from './testing/opened-stores.ts';

const stores = useFolder();
const json = JSON.stringify('v'.repeat(3_000));

/** A closed file with some hundred entries; made once, because threads are slow to start from sources. */
let made: Buffer | undefined;
async function aFile(): Promise<void> {
  if (made) return writeFileSync(stores.file, made);
  const store = await stores.open();
  await Promise.all(Array.from({ length: 300 }, (_, index) => store.set(storing(`key${index}`, json, ['tag']))));
  await store.invalidate('space', { kind: 'tags', tags: ['other'] });
  await store.close();
  made = readFileSync(stores.file);
}

function change(sql: string): void {
  const database = new DatabaseSync(stores.file);
  database.exec(sql);
  database.close();
}

const asides = (): string[] => readdirSync(stores.folder).filter((name) => name.includes('set-aside'));

describe('a file that is no store, or not whole', () => {
  it.each<[string, () => void]>([
    ['garbage', () => writeFileSync(stores.file, 'no database at all '.repeat(1_000))],
    ['cut', () => truncateSync(stores.file, 100_000)],
    ['cut within its first page', () => truncateSync(stores.file, 1_000)],
    ['of another version', () => change('pragma user_version = 7')],
    ['of another application', () => change('pragma application_id = 7')],
    ['without a table', () => change('drop table body')],
    ['with an invalidation less', () => change('delete from mark')],
    ['with another one', () => change(`update mark set name = name || 'x'`)],
    [
      'with a state of its own making',
      () => change(`update state set text = replace(text, '"sequence":', '"sequence":1')`),
    ],
    ['with a table of other columns', () => change('alter table entry rename column meta to mata')],
  ])('that is %s is set aside and reported, and the store begins with nothing', async (_how, damage) => {
    await aFile();
    damage();
    const damaged = readFileSync(stores.file);
    const store = await stores.open({ trustAfterRestart: () => true });
    expect(await find(store, 'key1')).toBeUndefined();
    expect(stores.problems).toEqual([{ kind: 'corrupt', message: expect.stringContaining('set aside as') }]);
    expect(asides().map((name) => readFileSync(`${stores.folder}/${name}`).equals(damaged))).toEqual([true]);
    expect(await store.set(storing('key1', '1'))).toBe(true);
    expect((await find(store, 'key1'))?.json).toBe('1');
  });

  it('found so while it is in use is set aside too, and calls go on', async () => {
    await aFile();
    const bytes = readFileSync(stores.file);
    // All but the first page, which is read when it is opened.
    writeFileSync(stores.file, Buffer.concat([bytes.subarray(0, 4_096), Buffer.alloc(bytes.length - 4_096, 0xa5)]));
    const store = await stores.open();
    expect(await find(store, 'key1')).toBeUndefined();
    expect(await store.set(storing('key1', '1'))).toBe(true);
    expect((await find(store, 'key1'))?.json).toBe('1');
    expect(stores.problems.map(({ kind }) => kind)).toEqual(['corrupt']);
    expect(asides()).toHaveLength(1);
  });

  it('never gives out a value that is not as it was written', async () => {
    await aFile();
    change(`update body set bytes = cast(replace(cast(bytes as text), 'vvv', 'vvw') as blob) where id % 2 = 0`);
    const store = await stores.open();
    const found = await store.getMany(
      'space',
      Array.from({ length: 300 }, (_, index) => `key${index}`),
    );
    const values = found.map(({ entry }) => entry?.json);
    expect(values.filter((value) => value === json)).toHaveLength(150);
    expect(values.filter((value) => value === undefined)).toHaveLength(150);
    expect(stores.problems).toEqual([{ kind: 'corrupt', message: expect.stringContaining('not as it was written') }]);
    expect(store.statistics()).toMatchObject({ unreadable: 150 });
  });

  it('never gives out a value that stands under another key, or with other times, or is said to be something else', async () => {
    await aFile();
    const damages = [
      `key = key || '!'`,
      'fresh_until = fresh_until + 1',
      'gone_at = gone_at + 1',
      'position = position + 1',
      `meta = '{"tags":[],"ttlMs":3600000,"staleForMs":0}'`,
      'encoding = 1',
    ];
    for (const [index, damage] of damages.entries()) change(`update entry set ${damage} where id % 7 = ${index}`);
    const store = await stores.open();
    const keys = Array.from({ length: 300 }, (_, index) => [`key${index}`, `key${index}!`]).flat();
    const found = (await store.getMany('space', keys)).filter(({ entry }) => entry);
    // Those that nothing was done to: the seventh of them.
    expect(found).toHaveLength(43);
  });

  it('is kept to be looked into, the last one only', async () => {
    for (let second = 10; second < 13; second += 1) {
      writeFileSync(stores.file, `garbage ${second}`);
      writeFileSync(`${stores.file}-wal`, 'log');
      setAside(stores.file, new Date(`2026-01-01T00:00:${second}.000Z`));
    }
    const name = 'cache.sqlite.set-aside-2026-01-01T00-00-12.000Z';
    expect(asides().toSorted()).toEqual([name, `${name}-wal`]);
    expect(readFileSync(`${stores.folder}/${name}`, 'utf8')).toBe('garbage 12');
  });
});

describe('a folder that can not be used', () => {
  it('that another store has is reported once, and calls are refused', async () => {
    const first = await stores.open();
    await first.set(storing('key', '1'));
    const second = await stores.open();
    await expect(find(second, 'key')).rejects.toThrow('in use by another process');
    await expect(second.set(storing('key', '2'))).rejects.toThrow('in use by another process');
    expect(stores.problems.map(({ kind }) => kind)).toEqual(['in_use']);
    expect(second.statistics()).toMatchObject({ bytes: null, entries: null });
    expect((await find(first, 'key'))?.json).toBe('1');
    expect(asides()).toEqual([]);
  });

  it('that can not be made is reported, and calls are refused', async () => {
    writeFileSync(`${stores.folder}/file`, '');
    const store = await stores.open({ folder: `${stores.folder}/file/below` });
    await expect(find(store, 'key')).rejects.toThrow('fails');
    expect(stores.problems.map(({ kind }) => kind)).toEqual(['failing']);
  });
});

describe('a smaller limit', () => {
  it('begins with nothing, because files of SQLite do not become smaller', async () => {
    await aFile();
    const store = await stores.open({ maxBytes: 1_000_000 });
    expect(await find(store, 'key1')).toBeUndefined();
    expect(stores.problems).toEqual([{ kind: 'corrupt', message: expect.stringContaining('more than the 1000000') }]);
  });
});
