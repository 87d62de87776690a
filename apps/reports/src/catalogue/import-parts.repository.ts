import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';

/** Files on their way in at once: with all of them as large as may be, some 300 MB. */
const MAX_IMPORTS = 16;
/** How long a part waits for the rest of its file. */
const KEPT_FOR = '10 minutes';

/** Catalogue files on their way in, part by part, so that any replica can take any part. */
@Injectable()
export class ImportPartsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Keeps a part, for ten minutes at most; a part that comes again takes the place of the first.
   * In: the import, the part's place, its text. Out: whether there was room for the import. Locks: the part.
   */
  async put(importId: string, part: number, text: string): Promise<boolean> {
    await this.#removeExpired();
    const rows = await this.#database.query(
      `INSERT INTO catalogue_import_parts (import_id, part, text) SELECT $1::uuid, $2, $3
       WHERE (SELECT count(DISTINCT import_id) FROM catalogue_import_parts WHERE import_id <> $1::uuid) < $4
       ON CONFLICT (import_id, part) DO UPDATE SET text = excluded.text
       RETURNING part`,
      [importId, part, text, MAX_IMPORTS],
    );
    return rows.length > 0;
  }

  /** Takes an import's parts out, in their order. */
  async take(importId: string): Promise<string[]> {
    const rows = await this.#database.query<{ part: number; text: string }>(
      'DELETE FROM catalogue_import_parts WHERE import_id = $1 RETURNING part, text',
      [importId],
    );
    return rows.sort((one, other) => one.part - other.part).map(({ text }) => text);
  }

  async #removeExpired(): Promise<void> {
    await this.#database.query(
      `DELETE FROM catalogue_import_parts WHERE staged_at < clock_timestamp() - interval '${KEPT_FOR}'`,
    );
  }
}
