import { Injectable } from '@nestjs/common';
import type { ReceivedOf, sources } from '@purser/contracts';
import { Database, StoredRows, type NewRow, type RowChanges } from '@purser/database';
import { DomainError } from '@purser/errors';
import { WorkChanges } from '../changes/work-changes.ts';
import { TagLinksRepository } from '../tags/tag-links.repository.ts';
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

/** Sources that may have a webhook secret: each secret is tried on whatever comes in as a webhook. */
const MAX_WEBHOOK_SECRETS = 1_000;
/** Two at once would both take the last place. */
const LOCK_SECRETS = `SELECT pg_advisory_xact_lock(hashtext('training.webhook-secrets'))`;

/** Sources in PostgreSQL. Removing one removes all that was read from it. */
@Injectable()
export class SourcesRepository {
  readonly rows: StoredRows<SourceEntity>;
  readonly #database: Database;
  readonly #tags: TagLinksRepository;
  readonly #changes: WorkChanges;

  constructor(database: Database, tags: TagLinksRepository, changes: WorkChanges) {
    this.#database = database;
    this.#tags = tags;
    this.#changes = changes;
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

  /** @throws DomainError `conflict` where a source has this path already, or too many have a webhook secret */
  insert(source: NewSource): Promise<SourceEntity> {
    return this.#database.transaction(async () => {
      if (await this.rows.findBy({ kind: source.kind, path: source.path })) {
        const field = source.kind === 'directory' ? 'path' : 'repository';
        throw new DomainError('conflict', `There is a source with the path "${source.path}" already.`, { field });
      }
      if (source.sealedWebhookSecret != null) await this.admitWebhookSecret();
      const inserted = await this.rows.insert({ ...UNREAD, ...source });
      await this.#changes.sources([inserted.id]);
      return inserted;
    });
  }

  /** Says again that the source is not what it was. */
  tell(id: string): Promise<void> {
    return this.#changes.sources([id]);
  }

  /** Changes the source, in the transaction that holds its row. */
  async update(source: SourceEntity, changes: RowChanges<SourceEntity>): Promise<SourceEntity> {
    if (changes.sealedToken === undefined) await this.#changes.sources([source.id]);
    else await this.#changes.credentials(source.id);
    return this.rows.update(source, changes);
  }

  /** Removes the source and all that was read from it, in the transaction that holds its row. */
  async remove(source: SourceEntity): Promise<void> {
    const tags = await this.#tags.tagsOf(source.id);
    await this.rows.remove(source);
    await this.#tags.write([], tags);
    await this.#changes.removed(source.id);
  }

  /**
   * Makes sure, until the transaction ends, that one more source may have a webhook secret; to be called in one.
   *
   * @throws DomainError `conflict`
   */
  async admitWebhookSecret(): Promise<void> {
    await this.#database.query(LOCK_SECRETS);
    const [held] = await this.#database.query<{ secrets: number }>(
      'SELECT count(sealed_webhook_secret)::integer AS secrets FROM sources',
    );
    if (held!.secrets < MAX_WEBHOOK_SECRETS) return;
    const message = `webhookSecret: ${held!.secrets} sources have one, and ${MAX_WEBHOOK_SECRETS} may; remove it from others first.`;
    throw new DomainError('conflict', message, { field: 'webhookSecret', limit: MAX_WEBHOOK_SECRETS });
  }
}
