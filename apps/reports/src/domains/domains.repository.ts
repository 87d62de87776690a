import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import type { EntryCondition } from '../catalogue/catalogue.repository.ts';

/** How many metrics belong to the domain `entry`, in SQL. */
export const METRICS_OF_DOMAIN = '(SELECT count(*)::int FROM metrics WHERE business_domain IN (entry.key, entry.name))';

/** Domains, by their names. */
@Injectable()
export class DomainsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async metricsOf(id: string): Promise<number> {
    const [row] = await this.#database.query<{ count: number }>(
      `SELECT ${METRICS_OF_DOMAIN} AS count FROM domains AS entry WHERE key = $1`,
      [id],
    );
    return row?.count ?? 0;
  }

  /** The id of another domain that is called one of these texts, by id or name. */
  async takenBy(texts: readonly string[], id: string): Promise<string | undefined> {
    const [row] = await this.#database.query<{ key: string }>(
      'SELECT key FROM domains WHERE key <> $2 AND (key = ANY($1) OR name = ANY($1)) LIMIT 1',
      [texts, id],
    );
    return row?.key;
  }

  /** The names of all domains but these. */
  async namesBut(ids: readonly string[]): Promise<{ key: string; name: string }[]> {
    return this.#database.query('SELECT key, name FROM domains WHERE NOT key = ANY($1)', [ids]);
  }
}

/** What a domain is looked for by. */
export function domainConditions(filters: { name?: string | undefined; owner?: string | undefined }): EntryCondition[] {
  return [
    { condition: (name) => `name = ${name}`, value: filters.name },
    { condition: (owner) => `owner = ${owner}`, value: filters.owner },
  ];
}
