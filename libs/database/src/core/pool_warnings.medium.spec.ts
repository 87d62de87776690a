import { expect, it } from '@jest/globals';
import { testDatabase } from '@purser/testing';
import { Database } from '../index.ts';

it('warns with the numbers of the pool when all connections are in use, and counts it', async () => {
  const test = await testDatabase();
  const warnings: string[] = [];
  const database = await Database.open({
    ...{ url: test.url, schema: 'library', entities: [], migrations: [], poolMax: 1 },
    onWarning: (message) => warnings.push(message),
  });
  try {
    await Promise.all([1, 2, 3].map(() => database.query('select 1')));
    expect(warnings).toEqual([
      'The database pool purser-library is exhausted: 1 of 1 connections are in use, 0 on their way, 0 idle; ' +
        '1 callers wait, and 1 had to since the last such warning',
    ]);
    expect(database.poolStats()).toMatchObject([{ pool: 'purser-library', exhausted: 2 }]);
  } finally {
    await database.close();
    await test.drop();
  }
});

it('warns of a connection that is in use for too long', async () => {
  const test = await testDatabase();
  const told = Promise.withResolvers<string>();
  const database = await Database.open({
    ...{ url: test.url, schema: 'library', entities: [], migrations: [], leakAfterMs: 1, onWarning: told.resolve },
  });
  try {
    const warning = await database.transaction(() => told.promise);
    expect(warning).toMatch(/^A connection of the database pool purser-library has been in use for \d+ s/);
  } finally {
    await database.close();
    await test.drop();
  }
});
