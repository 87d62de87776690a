import { Injectable } from '@nestjs/common';
import type { ConfigurationEntry } from '@purser/contracts';
import { Database } from '@purser/database';
import type { DraftedEntry } from './configuration.draft.ts';

/** Where a page ends: the place of its last entry in the order of (version, kind, id). */
export interface EntryPosition {
  readonly version: number;
  readonly kind: string;
  readonly id: string;
}

/** Entries in their order, and the configuration's version at the moment they were read. */
export interface EntryPage {
  readonly version: number;
  readonly entries: ConfigurationEntry[];
}

/** After every entry of a version: no kind sorts behind it. */
const LAST_OF_VERSION = { kind: '~', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** The configuration's version and the entries that gateways are told of. */
@Injectable()
export class ConfigurationRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The position behind everything up to this version. */
  static behind(version: number): EntryPosition {
    return { version, ...LAST_OF_VERSION };
  }

  /**
   * Locks the version until the transaction ends: writes follow each other, so versions are committed in their order
   * and every check of a write still holds when it commits.
   */
  async lock(): Promise<number> {
    const [row] = await this.#database.query<{ version: string }>(
      'SELECT version FROM configuration_version FOR UPDATE',
    );
    return Number(row?.version);
  }

  /** Raises the version and stores the entries under it. In: what differs by (kind, id). Locks: the version. */
  async record(entries: readonly DraftedEntry[]): Promise<number> {
    const [row] = await this.#database.query<{ version: string }>(
      `WITH raised AS (UPDATE configuration_version SET version = version + 1 RETURNING version),
        stored AS (
          INSERT INTO configuration_entries (kind, id, version, value)
          SELECT e.kind, e.id, raised.version, e.value
            FROM raised, jsonb_to_recordset($1::jsonb) AS e (kind text, id uuid, value jsonb)
          ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, value = excluded.value)
      SELECT version FROM raised`,
      [JSON.stringify(entries)],
    );
    return Number(row?.version);
  }

  /** One statement, so that the entries and the version are of one moment. */
  async readAfter(position: EntryPosition, limit: number): Promise<EntryPage> {
    const rows = await this.#database.query<{
      current: string;
      kind: ConfigurationEntry['kind'] | null;
      id: string;
      version: string;
      value: unknown;
    }>(
      `SELECT v.version AS current, e.* FROM configuration_version v LEFT JOIN LATERAL (
        SELECT kind, id, version, value FROM configuration_entries
          WHERE (version, kind, id) > ($1::bigint, $2::text, $3::uuid)
          ORDER BY version, kind, id LIMIT $4) e ON true
      ORDER BY e.version, e.kind, e.id`,
      [position.version, position.kind, position.id, limit],
    );
    const entries = rows.flatMap(({ kind, id, version, value }) =>
      kind === null ? [] : [{ kind, id, version: Number(version), value } as ConfigurationEntry],
    );
    return { version: Number(rows[0]?.current), entries };
  }
}
