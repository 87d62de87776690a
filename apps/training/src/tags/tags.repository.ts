import { Injectable } from '@nestjs/common';
import type { ReceivedOf, TagCount, listTags } from '@purser/contracts';
import { Database } from '@purser/database';

/*
 * Tags with how many work efforts have each. In: $1 a part of the name as a pattern, $2 a source; null for all.
 * Locks: none.
 */
const COUNTED = `
  SELECT tags.id, name, count(*)::integer AS "workEfforts"
  FROM tags JOIN work_effort_tags ON tag_id = tags.id
  WHERE ($1::text IS NULL OR name ILIKE $1)
    AND ($2::uuid IS NULL OR work_effort_id IN (SELECT id FROM work_efforts WHERE source_id = $2))
  GROUP BY tags.id`;

/** Tags in PostgreSQL, to read. Only a sync writes them. */
@Injectable()
export class TagsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of those that match, and how many match in all; those with the most work efforts first. */
  async page(query: ReceivedOf<typeof listTags>): Promise<[rows: TagCount[], total: number]> {
    const { page, limit, q, sourceId, sort = '-workEfforts' } = query;
    const pattern = q === undefined ? null : `%${q.trim().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    const values = [pattern, sourceId ?? null];
    const [counted] = await this.#database.query<{ total: number }>(
      `SELECT count(*)::integer AS total FROM (${COUNTED}) counted`,
      values,
    );
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    const rows = await this.#database.query<TagCount>(
      `SELECT * FROM (${COUNTED}) counted ORDER BY "${sort.replace('-', '')}" ${direction}, name OFFSET $3 LIMIT $4`,
      [...values, (page - 1) * limit, limit],
    );
    return [rows, counted!.total];
  }
}
