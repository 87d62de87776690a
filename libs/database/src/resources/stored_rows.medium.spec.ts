import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { Column, Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Database } from '../core/database.ts';
import { ArchivableRows, StoredRows } from './stored-rows.ts';
import { ArchivableEntity, STORED_COLUMNS, StoredEntity, storedFields } from './stored.entity.ts';

@Entity('shelves')
class Shelf extends StoredEntity {
  @Column('text')
  name!: string;
}

@Entity('books')
class Book extends ArchivableEntity {
  @Column('text')
  title!: string;
}

class Library1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE shelves (${STORED_COLUMNS}, name text NOT NULL)`);
    await runner.query(`CREATE TABLE books (${STORED_COLUMNS}, archived_at timestamptz, title text NOT NULL)`);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE shelves, books');
  }
}

let own: TestDatabase;
let database: Database;
let shelves: StoredRows<Shelf>;
let books: ArchivableRows<Book>;
beforeAll(async () => {
  own = await testDatabase();
  const schema = { schema: 'library', entities: [Shelf, Book], migrations: [Library1700000000000] };
  database = await Database.open({ url: own.url, ...schema });
  shelves = new StoredRows(database, Shelf, 'shelf');
  books = new ArchivableRows(database, Book, 'book');
});
afterAll(async () => {
  await database?.close();
  await own?.drop();
});
beforeEach(() => database.query('TRUNCATE shelves, books'));

describe('stored rows', () => {
  it('begin with version 1, and count each change', async () => {
    const row = await shelves.insert({ name: 'poetry' });
    expect(storedFields(row)).toMatchObject({ id: row.id, version: 1, createdAt: row.createdAt.toISOString() });
    const changed = await shelves.change(row.id, 1, (held) => shelves.update(held, { name: 'prose' }));
    expect(changed).toMatchObject({ id: row.id, version: 2, name: 'prose', createdAt: row.createdAt });
    expect(await shelves.get(row.id)).toEqual(changed);
  });

  it('leave alone what is not said', async () => {
    const row = await shelves.insert({ name: 'poetry' });
    const changed = await shelves.change(row.id, undefined, (held) =>
      shelves.update(held, { name: undefined as never }),
    );
    expect(changed).toMatchObject({ name: 'poetry', version: 2 });
  });

  it.each(['no id', '00000000-0000-7000-8000-000000000000'])('are not found by %s', async (id) => {
    expect(await shelves.find(id)).toBeNull();
    await expect(shelves.get(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(shelves.change(id, undefined, async () => {})).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuse another version than the one that is asked for', async () => {
    const { id } = await shelves.insert({ name: 'poetry' });
    const late = shelves.change(id, 2, (row) => shelves.update(row, { name: 'lost' }));
    await expect(late).rejects.toMatchObject({ code: 'precondition_failed', details: { id, version: 1 } });
    expect(await shelves.get(id)).toMatchObject({ name: 'poetry', version: 1 });
  });

  it('lose none of the changes that come at once', async () => {
    const { id } = await shelves.insert({ name: '' });
    const add = () => shelves.change(id, undefined, (row) => shelves.update(row, { name: `${row.name}x` }));
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await shelves.get(id)).toMatchObject({ name: 'x'.repeat(8), version: 9 });
  });

  it('are not overwritten nor removed by who read them before a change', async () => {
    const stale = await shelves.insert({ name: 'poetry' });
    await shelves.update(stale, { name: 'prose' });
    await expect(shelves.update(stale, { name: 'lost' })).rejects.toMatchObject({ code: 'concurrent_change' });
    await expect(shelves.remove(stale)).rejects.toMatchObject({ code: 'concurrent_change' });
    await shelves.remove(await shelves.get(stale.id));
    expect(await shelves.find(stale.id)).toBeNull();
  });

  it('are paged without a row twice or never, also where all sort alike', async () => {
    for (let n = 0; n < 7; n++) await shelves.insert({ name: 'same' });
    await shelves.insert({ name: 'other' });
    const pages = await Promise.all(
      [1, 2, 3, 4].map((page) => shelves.page({ page, limit: 3, sort: '-name' }, { name: 'same', id: undefined })),
    );
    expect(pages.map(({ data, total }) => [data.length, total])).toEqual([
      ...[
        [3, 7],
        [3, 7],
        [1, 7],
        [0, 7],
      ],
    ]);
    expect(new Set(pages.flatMap(({ data }) => data.map(({ id }) => id))).size).toBe(7);
  });
});

describe('archived rows', () => {
  it('are there for nobody, and stay in the table', async () => {
    const kept = await books.insert({ title: 'kept' });
    const row = await books.insert({ title: 'archived' });
    await books.change(row.id, undefined, (held) => books.archive(held));
    expect(await books.find(row.id)).toBeNull();
    expect(await books.findAll([row.id, kept.id])).toEqual([kept]);
    expect(await books.page({ page: 1, limit: 10 }, {})).toEqual({ data: [kept], total: 1 });
    expect(await database.query('SELECT title FROM books WHERE archived_at IS NOT NULL')).toEqual([
      { title: 'archived' },
    ]);
  });
});
