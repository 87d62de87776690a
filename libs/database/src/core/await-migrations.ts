import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DomainError } from '@purser/errors';
import { connectionConfig } from './connection-settings.ts';
import type { MigrationClass } from './migrate.ts';
import { quotedSchema } from './schema-name.ts';

export interface AwaitMigrationsOptions {
  readonly url: string;
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  readonly applicationName: string;
  /** How long whoever migrates may take. */
  readonly timeoutMs: number;
  /** Told once, when there is something to wait for. */
  readonly onWaiting: (message: string) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 10_000;
const POLL_MS = 250;

/**
 * Resolves once all `migrations` are done in the schema, by whoever does them. It changes nothing there. Migrations that
 * this code does not know, done by a newer version, are none of its business.
 *
 * @throws DomainError `unavailable`, naming what is missing, after `timeoutMs`.
 */
export async function awaitMigrations(options: AwaitMigrationsOptions): Promise<void> {
  const { schema, migrations, timeoutMs, onWaiting } = options;
  const needed = migrations.map((migration) => new migration().name ?? migration.name);
  const config = connectionConfig({ ...options, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const client = new pg.Client({ ...config, query_timeout: QUERY_TIMEOUT_MS });
  client.on('error', () => {});
  const deadline = performance.now() + timeoutMs;
  try {
    await client.connect();
    for (let asked = 0; ; asked++) {
      const done = await namesDone(client, schema);
      const missing = needed.filter((name) => !done.has(name));
      if (missing.length === 0) return;
      const lacks = `The schema "${schema}" lacks the migrations ${missing.join(', ')}`;
      if (performance.now() > deadline) {
        throw new DomainError('unavailable', `${lacks}, also after ${timeoutMs} ms: migrate it first.`);
      }
      if (asked === 0) onWaiting(`${lacks}: waiting until somebody has migrated it.`);
      await sleep(POLL_MS);
    }
  } finally {
    await client.end();
  }
}

async function namesDone(client: pg.Client, schema: string): Promise<ReadonlySet<string>> {
  const table = `${quotedSchema(schema)}.migrations`;
  const { rows: found } = await client.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    table,
  ]);
  if (!found[0]?.found) return new Set();
  const { rows } = await client.query<{ name: string }>(`select name from ${table}`);
  return new Set(rows.map(({ name }) => name));
}
