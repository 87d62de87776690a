import { DomainError, notFound } from '@purser/errors';
import { In, IsNull, type FindOptionsOrder, type FindOptionsWhere, type Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import type { Database } from '../core/database.ts';
import { setFields } from './set-fields.ts';
import type { ArchivableEntity, StoredEntity } from './stored.entity.ts';

/** What a new row needs: all but what is set for it. */
export type NewRow<E extends StoredEntity> = Omit<E, keyof ArchivableEntity>;
/** What of a row can change. */
export type RowChanges<E extends StoredEntity> = Partial<NewRow<E>>;

/** What every list is asked with. */
export interface PageQuery {
  readonly page: number;
  readonly limit: number;
  /** A property, with `-` in front for descending order; the oldest first by default. */
  readonly sort?: string | undefined;
}

/** One page, and how many rows there are on all of them. */
export interface RowPage<E> {
  readonly data: E[];
  readonly total: number;
}

/** Taken from the database, so that the times of rows are those of one clock. */
const databaseNow = () => 'clock_timestamp()';

/**
 * The rows of one resource. A repository has one and adds what is its own. Runs in the transaction that is open, if one
 * is.
 */
export class StoredRows<E extends StoredEntity> {
  readonly #database: Database;
  readonly #entity: new () => E;
  readonly #noun: string;

  /** @param noun what an error calls a row: "account" */
  constructor(database: Database, entity: new () => E, noun: string) {
    this.#database = database;
    this.#entity = entity;
    this.#noun = noun;
  }

  get repository(): Repository<E> {
    return this.#database.repository(this.#entity);
  }

  /** Null where it does not exist, or the id is none. */
  async find(id: string): Promise<E | null> {
    return isUuid(id) ? this.findBy({ id } as FindOptionsWhere<E>) : null;
  }

  findBy(where: FindOptionsWhere<E>): Promise<E | null> {
    return this.repository.findOneBy(this.narrow(where));
  }

  /** Those of the ids that exist, in no order. */
  findAll(ids: readonly string[]): Promise<E[]> {
    return this.repository.findBy(this.narrow({ id: In(ids) } as FindOptionsWhere<E>));
  }

  /** @throws DomainError `not_found` */
  async get(id: string): Promise<E> {
    const row = await this.find(id);
    if (!row) throw notFound(this.#noun, id);
    return row;
  }

  /**
   * The row, which nobody else changes until the transaction ends; to be called in one.
   *
   * @throws DomainError `not_found`, or `precondition_failed` where the row has another version than `ifMatch`
   */
  async getForChange(id: string, ifMatch: number | undefined): Promise<E> {
    const where = this.narrow({ id } as FindOptionsWhere<E>);
    // Not the stronger lock: that one would wait for every transaction which refers to the row.
    const lock = { mode: 'for_no_key_update' } as const;
    const row = isUuid(id) ? await this.repository.findOne({ where, lock }) : null;
    if (!row) throw notFound(this.#noun, id);
    if (ifMatch === undefined || ifMatch === row.version) return row;
    throw new DomainError(
      'precondition_failed',
      `This ${this.#noun} has version ${row.version} by now; If-Match names version ${ifMatch}.`,
      { id, version: row.version },
    );
  }

  /** Runs `change` with the row, in a transaction in which nobody else changes it. @throws as `getForChange` */
  change<T>(id: string, ifMatch: number | undefined, change: (row: E) => Promise<T>): Promise<T> {
    return this.#database.transaction(async () => change(await this.getForChange(id, ifMatch)));
  }

  /** Filters that are undefined do not count. The id decides among equals, so that no row is on two pages, or on none. */
  async page({ page, limit, sort = 'createdAt' }: PageQuery, filters: object): Promise<RowPage<E>> {
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    const [data, total] = await this.repository.findAndCount({
      where: this.narrow(setFields(filters) as FindOptionsWhere<E>),
      order: { [sort.replace('-', '')]: direction, id: direction } as FindOptionsOrder<E>,
      skip: (page - 1) * limit,
      take: limit,
    });
    return { data, total };
  }

  async insert(fields: NewRow<E>, id = uuidv7()): Promise<E> {
    await this.repository.insert({ ...fields, id } as unknown as QueryDeepPartialEntity<E>);
    return this.get(id);
  }

  /** A field that is undefined stays as it is. @throws DomainError `concurrent_change` where the row is not as it was read */
  async update(row: E, changes: RowChanges<E>): Promise<E> {
    await this.set(row, setFields(changes));
    return this.get(row.id);
  }

  /** Deletes the row. @throws DomainError `conflict` where others refer to it; `concurrent_change` as `update` */
  async remove(row: E): Promise<void> {
    const { affected } = await this.repository.delete(this.#asRead(row));
    if (affected !== 1) throw this.#changedMeanwhile(row);
  }

  /** The condition, and what else every row of the resource has to be. */
  protected narrow(where: FindOptionsWhere<E>): FindOptionsWhere<E> {
    return where;
  }

  protected async set(row: E, set: object): Promise<void> {
    const fields = { ...set, version: row.version + 1, updatedAt: databaseNow };
    const { affected } = await this.repository.update(
      this.#asRead(row),
      fields as unknown as QueryDeepPartialEntity<E>,
    );
    if (affected !== 1) throw this.#changedMeanwhile(row);
  }

  #asRead({ id, version }: E): FindOptionsWhere<E> {
    return { id, version } as FindOptionsWhere<E>;
  }

  #changedMeanwhile({ id }: E): DomainError {
    return new DomainError('concurrent_change', `The ${this.#noun} was changed by somebody else just now.`, { id });
  }
}

/** The rows of a resource that are not archived. */
export class ArchivableRows<E extends ArchivableEntity> extends StoredRows<E> {
  async archive(row: E): Promise<void> {
    await this.set(row, { archivedAt: databaseNow });
  }

  protected override narrow(where: FindOptionsWhere<E>): FindOptionsWhere<E> {
    return { ...where, archivedAt: IsNull() };
  }
}
