import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import type { MigrationClass } from '@purser/database';
import { migrate } from '@purser/database';
import { testServer } from './test-server.ts';

export interface TestDatabaseOptions {
  /** Done once per run in a template that each database is copied from. Default none: an empty database. */
  readonly migrations?: readonly MigrationClass[];
  /** Where the migrations go. Default `public`. */
  readonly schema?: string;
}

export interface TestDatabase {
  readonly url: string;
  /** Removes the database and ends whatever is still connected to it. May be called again. */
  drop(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 120_000;

/**
 * A database of one's own, with the migrations done: some 30 ms, once the first caller of the run has built the
 * template. Call it in `beforeAll`, and `drop` in `afterAll`; what is left over goes with the run.
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { url, prefix } = await testServer();
  const name = prefix + randomBytes(6).toString('hex');
  await withClient(url, async (client) => {
    const template = await ensureTemplate(client, url, prefix, options);
    await client.query(`create database "${name}" template "${template}" strategy file_copy`);
  });
  return { url: databaseUrl(url, name), drop: () => dropDatabase(url, name) };
}

// Built under another name and then renamed: what bears the template's name is complete, whoever was killed when.
async function ensureTemplate(
  client: pg.Client,
  url: string,
  prefix: string,
  { migrations = [], schema = 'public' }: TestDatabaseOptions,
): Promise<string> {
  if (migrations.length === 0) return 'template0';
  const source = JSON.stringify([schema, migrations.map((migration) => [migration.name, String(migration)])]);
  const template = `${prefix}t_${createHash('sha256').update(source).digest('hex').slice(0, 16)}`;
  await client.query('select pg_advisory_lock(hashtext($1))', [template]);
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount) return template;
    const building = `${template}_building`;
    await client.query(`drop database if exists "${building}" with (force)`);
    await client.query(`create database "${building}" template template0 strategy file_copy`);
    await migrate({ url: databaseUrl(url, building), schema, migrations, direction: 'up' });
    await client.query(`alter database "${building}" rename to "${template}"`);
    return template;
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [template]);
  }
}

async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(url, (client) => client.query(`drop database if exists "${name}" with (force)`));
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, statement_timeout: STATEMENT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

function databaseUrl(url: string, name: string): string {
  const copy = new URL(url);
  copy.pathname = `/${name}`;
  return copy.href;
}
