import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { testDatabase, waitUntil, type TestDatabase } from '@purser/testing';
import { bigintColumn, Database, retryTransient } from '../index.ts';

@Entity('shelf')
class Shelf {
  @PrimaryColumn('bigint', { transformer: bigintColumn })
  id!: bigint;

  @Column('bigint', { transformer: bigintColumn, nullable: true })
  books!: bigint | null;
}

class Shelves1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id bigint primary key, books bigint)');
    await runner.query('create table book (id bigint primary key, shelf bigint not null references shelf (id))');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table book, shelf');
  }
}

let test: TestDatabase;
let database: Database;
const backgroundErrors: string[] = [];

const options = () => ({
  url: test.url,
  schema: 'library',
  entities: [Shelf],
  migrations: [Shelves1700000000000],
  onBackgroundError: (message: string, error: unknown) => backgroundErrors.push(`${message}: ${String(error)}`),
});
const count = async () => Number((await database.query<{ n: string }>('select count(*) as n from shelf'))[0]!.n);
const insert = (id: number) => database.query('insert into shelf values ($1, 0)', [id]);

beforeAll(async () => {
  test = await testDatabase();
  database = await Database.open({ ...options(), poolMax: 3 });
});
afterAll(async () => {
  await database?.close();
  await test?.drop();
});
beforeEach(async () => {
  backgroundErrors.length = 0;
  await database.query('truncate shelf cascade');
});

describe('a query in a transaction', () => {
  const seenOutside = async () => {
    const other = await Database.open({ ...options(), poolMax: 1, migrateAtStart: false });
    const [row] = await other.query<{ n: string }>('select count(*) as n from shelf').finally(() => other.close());
    return Number(row!.n);
  };
  const rollBack = new Error('roll back');

  it('stays in it, whichever way it goes through the database', async () => {
    const keptManager = database.manager;
    const keptRepository = database.repository(Shelf);
    const keptBuilder = keptRepository.createQueryBuilder('shelf');
    const work = async () => {
      await insert(1);
      await keptManager.query('insert into shelf values (2, 0)');
      await keptRepository.save({ id: 3n, books: 0n });
      await keptManager.insert(Shelf, { id: 4n, books: 0n });
      await keptManager.transaction((inner) => inner.insert(Shelf, { id: 5n, books: 0n }));
      await keptRepository.manager.createQueryBuilder().insert().into(Shelf).values({ id: 6n, books: 0n }).execute();
      expect(await keptBuilder.getCount()).toBe(6);
      expect(await keptRepository.count()).toBe(6);
      expect(await count()).toBe(6);
      expect(await seenOutside()).toBe(0);
      throw rollBack;
    };
    await expect(database.transaction(work)).rejects.toBe(rollBack);
    expect(await count()).toBe(0);
  });

  it('stays in it when several run side by side, and other work does not get in', async () => {
    await Promise.all([
      database.transaction(async () => {
        await Promise.all([insert(1), insert(2), database.repository(Shelf).save({ id: 3n, books: 1n })]);
        expect(await count()).toBe(3);
      }),
      database
        .transaction(async () => {
          await insert(11);
          throw rollBack;
        })
        .catch(() => {}),
    ]);
    expect(await count()).toBe(3);
  });

  it('is part of the outer one in a nested transaction, which an inner failure dooms', async () => {
    await database.transaction(async () => {
      await insert(1);
      await database.transaction(() => insert(2));
      expect(await seenOutside()).toBe(0);
    });
    expect(await count()).toBe(2);

    const outer = database.transaction(async () => {
      await insert(3);
      await database.transaction(() => Promise.reject(rollBack)).catch(() => {});
    });
    await expect(outer).rejects.toBe(rollBack);
    expect(await count()).toBe(2);
  });

  it('belongs to the transaction of manager.transaction, too', async () => {
    const work = database.manager.transaction(async () => {
      await insert(1);
      throw rollBack;
    });
    await expect(work).rejects.toBe(rollBack);
    expect(await count()).toBe(0);
  });

  it('is refused when it comes after the end, since its connection is no longer its own', async () => {
    let late: Promise<unknown> | undefined;
    let lateManager: Promise<unknown> | undefined;
    await database.transaction(async () => {
      late = sleep(30).then(() => insert(1));
      lateManager = sleep(30).then(() => database.repository(Shelf).count());
      late.catch(() => {});
      lateManager.catch(() => {});
    });
    await expect(late).rejects.toThrow('not awaited');
    await expect(lateManager).rejects.toThrow('not awaited');
    expect(await count()).toBe(0);
  });

  it('does not commit what a swallowed error has made void', async () => {
    const work = database.transaction(async () => {
      await insert(1);
      await database.query('select 1 / 0').catch(() => {});
    });
    await expect(work).rejects.toThrow('swallowed');
    expect(await count()).toBe(0);
  });

  it('sees the isolation asked for, and refuses to join a weaker one', async () => {
    const isolation = async () =>
      (await database.query<{ level: string }>(`select current_setting('transaction_isolation') as level`))[0]!.level;
    expect(await database.transaction(isolation, { isolation: 'SERIALIZABLE' })).toBe('serializable');
    const join = () => database.transaction(isolation, { isolation: 'SERIALIZABLE' });
    await expect(database.transaction(join)).rejects.toThrow("can't join");
  });

  it('ends with the deadline of the transaction, which then leaves nothing and gives its connection back', async () => {
    const slow = database.transaction(() => insert(1).then(() => database.query('select pg_sleep(60)')), {
      timeoutMs: 100,
    });
    await expect(slow).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    const idle = database.transaction(() => insert(2).then(() => new Promise(() => {})), { timeoutMs: 100 });
    await expect(idle).rejects.toMatchObject({ code: 'unavailable' });
    expect(await count()).toBe(0);
    await waitUntil(() => database.poolStats()[0]!.count.used === 0, {
      timeoutMs: 5_000,
      what: 'all connections are back',
    });
  });
});

describe('afterCommit', () => {
  it('runs hooks after the commit, in order, outside of the transaction; never after a rollback', async () => {
    const seen: unknown[] = [];
    await database.transaction(async () => {
      await insert(1);
      await database.afterCommit(async () => seen.push(await count()));
      await database.afterCommit(() => insert(2));
      await database.afterCommit(async () => seen.push(await count()));
    });
    expect(seen).toEqual([1, 2]);
    const failing = database.transaction(async () => {
      await database.afterCommit(() => seen.push('never'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(seen).toEqual([1, 2]);
  });

  it('runs hooks where the connection is lost during the commit, since it may have taken effect', async () => {
    await database.query(`
      create function end_connection() returns trigger language plpgsql as
        'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
      create constraint trigger ends_connection after insert on shelf deferrable initially deferred
        for each row execute function end_connection()`);
    const seen: unknown[] = [];
    try {
      const lost = database.transaction(async () => {
        await insert(1);
        await database.afterCommit(() => seen.push('told'));
      });
      await expect(lost).rejects.toMatchObject({ code: 'unavailable', details: { outcome: 'unknown' } });
      expect(seen).toEqual(['told']);
    } finally {
      await database.query('drop trigger ends_connection on shelf; drop function end_connection');
    }
  });

  it('reports a hook that fails, and runs the others', async () => {
    const seen: unknown[] = [];
    await database.transaction(async () => {
      await database.afterCommit(() => Promise.reject(new Error('hook')));
      await database.afterCommit(() => seen.push('second'));
    });
    expect(seen).toEqual(['second']);
    expect(backgroundErrors).toEqual(['An afterCommit hook failed: Error: hook']);
  });

  it('runs the hook at once where there is no transaction', async () => {
    const seen: unknown[] = [];
    await database.afterCommit(() => seen.push(1));
    expect(seen).toEqual([1]);
  });
});

describe('pooledClient', () => {
  it('sends a whole transaction at once, with named statements', async () => {
    const add = { name: 'add', text: 'insert into shelf values ($1, 0) returning id' };
    for (const base of [0n, 10n]) {
      const results = await database.pooledClient((client) =>
        Promise.all([
          client.query('begin'),
          client.query({ ...add, values: [base + 1n] }),
          client.query({ ...add, values: [base + 2n] }),
          client.query('commit'),
        ]),
      );
      expect(results.map((result) => result.command)).toEqual(['BEGIN', 'INSERT', 'INSERT', 'COMMIT']);
    }
    expect(await count()).toBe(4);
  });

  it('rolls back on an error and gives the connection back clean', async () => {
    const failing = database.pooledClient(async (client) => {
      await client.query('begin');
      await client.query('insert into shelf values (1, 0)');
      await Promise.all([client.query('insert into shelf values (1, 0)'), client.query('commit')]);
    });
    await expect(failing).rejects.toMatchObject({ code: 'conflict' });
    expect(await count()).toBe(0);
    expect(database.poolStats()[0]!.count.used).toBe(0);
  });

  it('rolls back a transaction that is left open', async () => {
    const open = database.pooledClient(async (client) => {
      await client.query('begin');
      await client.query('insert into shelf values (1, 0)');
    });
    await expect(open).rejects.toThrow('left its transaction open');
    expect(await count()).toBe(0);
  });

  it('refuses what would silently be on another connection', async () => {
    await expect(database.pooledClient(() => count())).rejects.toThrow('has to use that client');
    await expect(database.pooledClient(() => database.repository(Shelf).count())).rejects.toThrow('that client');
    await expect(database.transaction(async () => database.pooledClient(async () => {}))).rejects.toThrow('outside');
  });
});

describe('what the database refuses', () => {
  it('comes as a domain error', async () => {
    await insert(1);
    const shelf = database.repository(Shelf);
    await expect(insert(1)).rejects.toMatchObject({ code: 'conflict', details: { constraint: 'shelf_pkey' } });
    await expect(shelf.insert({ id: 1n, books: 0n })).rejects.toMatchObject({ code: 'conflict' });
    await expect(database.query('insert into book values (1, 9)')).rejects.toMatchObject({ code: 'invalid_request' });
    await database.query('insert into book values (1, 1)');
    await expect(shelf.delete({ id: 1n })).rejects.toMatchObject({ code: 'conflict', retryable: false });
    await expect(database.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
  });

  it('keeps the connection, unless that is what broke', async () => {
    const pid = async () => (await database.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
    const single = await Database.open({ ...options(), poolMax: 1, migrateAtStart: false });
    const singlePid = async () => (await single.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
    const before = await singlePid();
    await expect(single.query('select 1 / 0')).rejects.toThrow();
    expect(await singlePid()).toBe(before);
    const cut = single.query('select pg_sleep(60)');
    cut.catch(() => {});
    await waitUntil(async () => (await database.query('select pg_terminate_backend($1) as done', [before]))[0]!.done, {
      timeoutMs: 5_000,
      what: 'the connection is cut',
    });
    await expect(cut).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(await singlePid()).not.toBe(before);
    await single.close();
    expect(await pid()).toBeGreaterThan(0);
  });

  it('says unavailable when no connection is to be had', async () => {
    const closed = Database.open({ ...options(), url: 'postgresql://nobody@127.0.0.1:1/none' });
    await expect(closed).rejects.toMatchObject({ code: 'unavailable' });
    const small = await Database.open({
      ...options(),
      ...{ poolMax: 1, poolQueueMax: 1, acquireTimeoutMs: 1_000, migrateAtStart: false },
    });
    const held = Promise.withResolvers<void>();
    const holding = small.transaction(() => small.query('select').then(() => held.promise));
    await waitUntil(() => small.poolStats()[0]!.count.used === 1, {
      timeoutMs: 5_000,
      what: 'the connection is taken',
    });
    const [waiting, refused] = await Promise.allSettled([small.query('select'), small.query('select')]);
    expect(waiting).toMatchObject({ reason: { code: 'unavailable', message: expect.stringContaining('right now') } });
    const numbers = { pool: 'purser-library', reason: 'acquire_timeout', inUse: 1, max: 1, waiting: 1 };
    expect(waiting).toMatchObject({ reason: { details: numbers } });
    expect(refused).toMatchObject({ reason: { code: 'unavailable', message: expect.stringContaining('already') } });
    held.resolve();
    await holding;
    await small.close();
    await expect(small.query('select')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('retryTransient', () => {
  it('repeats a transaction that lost against another, and only that', async () => {
    await insert(1);
    let attempts = 0;
    const bothHaveRead = Promise.withResolvers<void>();
    const addOne = () =>
      retryTransient(() =>
        database.transaction(
          async () => {
            const [row] = await database.query<{ books: string }>('select books from shelf where id = 1');
            if (++attempts === 2) bothHaveRead.resolve();
            await bothHaveRead.promise;
            await database.query('update shelf set books = $1 where id = 1', [BigInt(row!.books) + 1n]);
          },
          { isolation: 'SERIALIZABLE' },
        ),
      );
    await Promise.all([addOne(), addOne()]);
    expect(await database.repository(Shelf).findOneBy({ id: 1n })).toEqual({ id: 1n, books: 2n });
    expect(attempts).toBe(3);
    await expect(retryTransient(() => insert(1))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('values', () => {
  it('carries bigints through entities without loss, and leaves raw rows to the reader', async () => {
    const big = 2n ** 62n + 1n;
    await database.repository(Shelf).save({ id: big, books: null });
    expect(await database.repository(Shelf).findOneByOrFail({ id: big })).toEqual({ id: big, books: null });
    expect(await database.query('select id from shelf')).toEqual([{ id: String(big) }]);
  });
});

describe('ping and close', () => {
  it('answers while the database does, and fails in time when it does not', async () => {
    await expect(database.ping(2_000)).resolves.toBeUndefined();
    const busy = await Database.open({ ...options(), poolMax: 1, migrateAtStart: false });
    const hold = busy.query('select pg_sleep(1)');
    await expect(busy.ping(50)).rejects.toMatchObject({ code: 'unavailable' });
    await hold;
    await busy.close();
  });

  it('waits for work in flight and then cuts what does not end', async () => {
    const closing = await Database.open({ ...options(), closeTimeoutMs: 300, migrateAtStart: false });
    const quick = closing.transaction(() => closing.query('select pg_sleep(0.1)').then(() => 'done'));
    const stuck = closing.transaction(
      () => closing.query('insert into shelf values (1, 0)').then(() => new Promise(() => {})),
      {
        timeoutMs: 60_000,
      },
    );
    const stuckEnd = expect(stuck).rejects.toMatchObject({ code: 'unavailable' });
    const slow = closing.query('select pg_sleep(60)');
    slow.catch(() => {});
    await closing.close();
    expect(await quick).toBe('done');
    await expect(slow).rejects.toMatchObject({ code: 'unavailable' });
    await stuckEnd;
    expect(await count()).toBe(0);
  });
});
