import { paginate, type Pagination } from '@purser/contracts';
import { Database } from '@purser/database';
import { DomainError, notFound } from '@purser/errors';
import { In, IsNull, type FindOptionsOrder, type FindOptionsWhere, type Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import type { StoredEntity } from './stored.entity.ts';

/** What a new row needs: all but what is set for it. */
export type NewRow<E extends StoredEntity> = Omit<E, keyof StoredEntity>;
/** What of a row can change. */
export type RowChanges<E extends StoredEntity> = Partial<NewRow<E>>;

/** What every list is asked with. */
export interface PageQuery {
  readonly page: number;
  readonly limit: number;
  /** A property, with `-` in front for descending order; the oldest first by default. */
  readonly sort?: string | undefined;
}

/** Windows and leases are reckoned by the database's clock, so the rows that they begin from are too. */
const databaseNow = () => 'clock_timestamp()';

/**
 * The rows of one resource that are not archived. Each repository has one and adds what is its own. Runs in the
 * transaction that is open, if one is.
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
    return this.#database.manager.getRepository(this.#entity);
  }

  /** Null where it does not exist or is archived, or the id is none. */
  async find(id: string): Promise<E | null> {
    return isUuid(id) ? this.findBy({ id } as FindOptionsWhere<E>) : null;
  }

  findBy(where: FindOptionsWhere<E>): Promise<E | null> {
    return this.repository.findOneBy(this.#notArchived(where));
  }

  /** Those of the ids that exist, in no order. */
  findAll(ids: readonly string[]): Promise<E[]> {
    return this.repository.findBy(this.#notArchived({ id: In(ids) } as FindOptionsWhere<E>));
  }

  /** @throws DomainError `not_found` */
  async get(id: string): Promise<E> {
    const row = await this.find(id);
    if (!row) throw notFound(this.#noun, id);
    return row;
  }

  /** @throws DomainError `not_found`, or `precondition_failed` where the row has another version than `ifMatch` */
  async getForChange(id: string, ifMatch: number | undefined): Promise<E> {
    const row = await this.get(id);
    if (ifMatch === undefined || ifMatch === row.version) return row;
    throw new DomainError(
      'precondition_failed',
      `This ${this.#noun} has version ${row.version} by now; If-Match names version ${ifMatch}.`,
      { id, version: row.version },
    );
  }

  /** Filters that are undefined do not count. */
  async page(query: PageQuery, filters: object): Promise<{ data: E[]; pagination: Pagination }> {
    const { page, limit, sort = 'createdAt' } = query;
    const where = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    const [data, total] = await this.repository.findAndCount({
      where: this.#notArchived(where as FindOptionsWhere<E>),
      order: { [sort.replace('-', '')]: direction, id: direction } as FindOptionsOrder<E>,
      skip: (page - 1) * limit,
      take: limit,
    });
    return { data, pagination: paginate({ page, limit }, total) };
  }

  async insert(fields: NewRow<E>, id = uuidv7()): Promise<E> {
    await this.repository.insert({ ...fields, id } as unknown as QueryDeepPartialEntity<E>);
    return this.get(id);
  }

  /** A field that is undefined stays as it is. */
  async update(row: E, changes: RowChanges<E>): Promise<E> {
    const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    await this.#set(row, set);
    return this.get(row.id);
  }

  async archive(row: E): Promise<void> {
    await this.#set(row, { archivedAt: databaseNow });
  }

  async #set(row: E, set: object): Promise<void> {
    const stored = { version: row.version + 1, updatedAt: databaseNow };
    const where = { id: row.id, version: row.version } as FindOptionsWhere<E>;
    const { affected } = await this.repository.update(where, {
      ...set,
      ...stored,
    } as unknown as QueryDeepPartialEntity<E>);
    if (affected !== 1) throw new Error(`${this.#noun} ${row.id} was changed outside of the configuration's lock`);
  }

  #notArchived(where: FindOptionsWhere<E>): FindOptionsWhere<E> {
    return { ...where, archivedAt: IsNull() };
  }
}
