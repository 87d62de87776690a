import { describe, expect, it } from '@jest/globals';
import { connectionConfig } from './connection-settings.ts';
import { resolveOptions } from './database-options.ts';

const settings = { schema: 'budget', applicationName: 'test', connectTimeoutMs: 1_000 };

describe('connectionConfig', () => {
  it('adds the search path to what the URL itself asks for', () => {
    const url = 'postgresql://a:b@host:1/db?sslmode=require&options=-c%20geqo%3Doff';
    expect(connectionConfig({ ...settings, url })).toMatchObject({
      connectionString: 'postgresql://a:b@host:1/db?sslmode=require',
      options: '-c geqo=off -c search_path="budget",public',
    });
  });

  it.each(['Budget', 'a b', 'x"; drop', '', '1a', 'a'.repeat(64)])('refuses the schema name %p', (schema) => {
    expect(() => connectionConfig({ ...settings, schema, url: 'postgresql://host/db' })).toThrow('no schema name');
  });
});

describe('resolveOptions', () => {
  const given = { url: 'postgresql://host/db', schema: 'budget', entities: [], migrations: [] };

  it('fills in what is not given, and keeps what is', () => {
    expect(resolveOptions({ ...given, poolMax: 3, applicationName: undefined })).toMatchObject({
      poolMax: 3,
      applicationName: 'purser-budget',
      poolMin: 3,
      statementTimeoutMs: 30_000,
    });
    expect(resolveOptions(given)).toMatchObject({ poolMin: 5, poolMax: 50 });
  });

  it('refuses a poolMin above poolMax by name', () => {
    expect(() => resolveOptions({ ...given, poolMin: 4, poolMax: 3 })).toThrow('poolMin');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses poolMax %p by name', (poolMax) => {
    expect(() => resolveOptions({ ...given, poolMax })).toThrow('poolMax');
  });
});
