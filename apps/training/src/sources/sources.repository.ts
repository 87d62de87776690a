import { Injectable } from '@nestjs/common';
import type { ReceivedOf, sources } from '@purser/contracts';
import { Database, StoredRows, type NewRow } from '@purser/database';
import { DomainError } from '@purser/errors';
import { SourceEntity } from './source.entity.ts';

/** What is asked of a new source of a kind. */
export type SourceInput<K extends SourceEntity['kind'] = SourceEntity['kind']> = Extract<
  ReceivedOf<typeof sources.create>['input'],
  { kind: K }
>;

/** What is stored of a new source. */
export type NewSource = Pick<SourceEntity, 'kind' | 'path' | 'disabled'> &
  Partial<Pick<SourceEntity, 'repository' | 'baseUrl' | 'sealedToken' | 'sealedWebhookSecret' | 'nextSyncAt'>>;

/** What a source is before its first sync. */
const UNREAD: Omit<NewRow<SourceEntity>, 'kind' | 'path' | 'disabled'> = {
  ...{ status: 'new', problems: [], workEfforts: 0, syncedAt: null, syncingUntil: null, staleSince: null },
  ...{ repository: null, baseUrl: null, sealedToken: null, sealedWebhookSecret: null, nextSyncAt: null },
};

/** Sources in PostgreSQL. Removing one removes all that was read from it. */
@Injectable()
export class SourcesRepository {
  readonly rows: StoredRows<SourceEntity>;

  constructor(database: Database) {
    this.rows = new StoredRows(database, SourceEntity, 'source');
  }

  /** The ids of enabled sources that can be watched. */
  async watchable(): Promise<string[]> {
    const rows = await this.rows.repository.find({
      select: { id: true },
      where: { kind: 'directory', disabled: false },
    });
    return rows.map(({ id }) => id);
  }

  /** @throws DomainError `conflict` where a source has this path already */
  async insert(source: NewSource): Promise<SourceEntity> {
    if (await this.rows.findBy({ kind: source.kind, path: source.path })) {
      const field = source.kind === 'directory' ? 'path' : 'repository';
      throw new DomainError('conflict', `There is a source with the path "${source.path}" already.`, { field });
    }
    return this.rows.insert({ ...UNREAD, ...source });
  }
}
