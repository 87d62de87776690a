import { Injectable } from '@nestjs/common';
import type { ReceivedOf, sources } from '@purser/contracts';
import { Database, StoredRows, type NewRow } from '@purser/database';
import { DomainError } from '@purser/errors';
import { SourceEntity } from './source.entity.ts';

/** What is asked of a new source. */
export type SourceInput = ReceivedOf<typeof sources.create>['input'];

/** What is stored of a new source. */
export type NewSource = Pick<SourceEntity, 'kind' | 'path' | 'disabled'>;

/** What a source is before its first sync. */
const UNREAD: Omit<NewRow<SourceEntity>, keyof NewSource> = {
  ...{ status: 'new', problems: [], workEfforts: 0, syncedAt: null, syncingUntil: null },
};

/** Sources in PostgreSQL. Removing one removes all that was read from it. */
@Injectable()
export class SourcesRepository {
  readonly rows: StoredRows<SourceEntity>;

  constructor(database: Database) {
    this.rows = new StoredRows(database, SourceEntity, 'source');
  }

  /** @throws DomainError `conflict` where a source has this path already */
  async insert(source: NewSource): Promise<SourceEntity> {
    if (await this.rows.findBy({ kind: source.kind, path: source.path })) {
      throw new DomainError('conflict', `There is a source with the path "${source.path}" already.`, { field: 'path' });
    }
    return this.rows.insert({ ...UNREAD, ...source });
  }
}
