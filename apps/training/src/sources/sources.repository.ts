import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { DomainError, notFound } from '@purser/errors';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import { SourceEntity } from './source.entity.ts';

/** What is asked of a new source. */
export type NewSource = Pick<SourceEntity, 'kind' | 'path' | 'disabled'>;

/** Sources in PostgreSQL. */
@Injectable()
export class SourcesRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws DomainError `conflict` where a source has this path already */
  async insert(source: NewSource): Promise<SourceEntity> {
    const rows = this.#database.repository(SourceEntity);
    if (await rows.existsBy({ kind: source.kind, path: source.path })) {
      throw new DomainError('conflict', `There is a source with the path "${source.path}" already.`, { field: 'path' });
    }
    const id = uuidv7();
    await rows.insert({ ...source, id });
    return this.get(id);
  }

  /** @throws DomainError `not_found` */
  async get(id: string): Promise<SourceEntity> {
    const row = isUuid(id) ? await this.#database.repository(SourceEntity).findOneBy({ id }) : null;
    if (!row) throw notFound('source', id);
    return row;
  }

  page(query: {
    page: number;
    limit: number;
    sort?: string | undefined;
  }): Promise<[rows: SourceEntity[], total: number]> {
    const { page, limit, sort = 'createdAt' } = query;
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    return this.#database.repository(SourceEntity).findAndCount({
      order: { createdAt: direction, id: direction },
      skip: (page - 1) * limit,
      take: limit,
    });
  }

  /** @throws DomainError `not_found`, or `precondition_failed` where the source has another version than `ifMatch` */
  update(id: string, ifMatch: number | undefined, changes: { disabled?: boolean | undefined }): Promise<SourceEntity> {
    return this.#database.transaction(async () => {
      const row = await this.#lock(id, ifMatch);
      await this.#database.repository(SourceEntity).update(id, {
        disabled: changes.disabled ?? row.disabled,
        version: row.version + 1,
        updatedAt: () => 'clock_timestamp()',
      });
      return this.get(id);
    });
  }

  /** Removes a source with all that was read from it. @throws as `update` */
  remove(id: string, ifMatch: number | undefined): Promise<void> {
    return this.#database.transaction(async () => {
      await this.#lock(id, ifMatch);
      await this.#database.repository(SourceEntity).delete(id);
    });
  }

  async #lock(id: string, ifMatch: number | undefined): Promise<SourceEntity> {
    const rows = this.#database.repository(SourceEntity);
    const row = isUuid(id) ? await rows.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } }) : null;
    if (!row) throw notFound('source', id);
    if (ifMatch === undefined || ifMatch === row.version) return row;
    throw new DomainError(
      'precondition_failed',
      `This source has version ${row.version} by now; If-Match names version ${ifMatch}.`,
      { id, version: row.version },
    );
  }
}
