import { describe, expect, it } from '@jest/globals';
import { defineConfig, loadConfig } from '@purser/config';
import { checkDatabase, connectionOptions, databaseVariables } from './database-variables.ts';
import { resolveOptions } from './database-options.ts';

const definition = defineConfig(databaseVariables('atlas'), { title: 'atlas', check: checkDatabase });
const load = (variables: Record<string, string>) =>
  loadConfig(definition, { DATABASE_URL: 'postgresql://host/db', ...variables });

describe('the variables of a database', () => {
  it('are 5 to 50 connections where nothing else is said, and no replica', () => {
    const options = resolveOptions({ ...connectionOptions(load({})), schema: 'atlas', entities: [], migrations: [] });
    expect(options).toMatchObject({
      ...{ poolMin: 5, poolMax: 50, acquireTimeoutMs: 5_000, connectTimeoutMs: 5_000, statementTimeoutMs: 30_000 },
      ...{ replicaUrl: undefined, migrateAtStart: true },
    });
  });

  it('refuse a minimum above the maximum by its name', () => {
    expect(() => load({ DATABASE_POOL_MIN: '8', DATABASE_POOL_MAX: '7' })).toThrow(
      /DATABASE_POOL_MIN.*at most DATABASE_POOL_MAX, which is 7/,
    );
    expect(load({ DATABASE_POOL_MIN: '7', DATABASE_POOL_MAX: '7' })).toMatchObject({ DATABASE_POOL_MIN: 7 });
  });
});
