import { Injectable } from '@nestjs/common';
import type { ReceivedOf, listWorkEfforts } from '@purser/contracts';
import { Database } from '@purser/database';
import { TicketEntity } from './ticket.entity.ts';
import { WorkEffortEntity } from './work-effort.entity.ts';

/** Work efforts and tickets in PostgreSQL, to read. Only a sync writes them. */
@Injectable()
export class WorkEffortsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of those that match, and how many match in all. `q` is a part of the title, the description or the id. */
  page(query: ReceivedOf<typeof listWorkEfforts>): Promise<[rows: WorkEffortEntity[], total: number]> {
    const { page, limit, q, status, sourceId, sort = 'createdAt' } = query;
    const rows = this.#database.repository(WorkEffortEntity).createQueryBuilder('row');
    if (status !== undefined) rows.andWhere('row.status = :status', { status });
    if (sourceId !== undefined) rows.andWhere('row.sourceId = :sourceId', { sourceId });
    if (q !== undefined) {
      const matches = ['title', 'description', 'externalId'].map((column) => `row.${column} ILIKE :pattern`);
      rows.andWhere(`(${matches.join(' OR ')})`, { pattern: `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%` });
    }
    const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
    // The id decides among equals, so that no row is on two pages, or on none.
    return rows
      .orderBy({ [`row.${sort.replace('-', '')}`]: direction, 'row.id': direction })
      .offset((page - 1) * limit)
      .limit(limit)
      .getManyAndCount();
  }

  find(id: string): Promise<WorkEffortEntity | null> {
    return this.#database.repository(WorkEffortEntity).findOneBy({ id });
  }

  /** The tags of work efforts, by their ids, in the order in which their sources name them. */
  async tagsOf(ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#database.query<{ id: string; tags: string[] }>(
      `SELECT work_effort_id AS id, array_agg(name ORDER BY position) AS tags
       FROM work_effort_tags JOIN tags ON tags.id = tag_id WHERE work_effort_id = ANY ($1::uuid[])
       GROUP BY work_effort_id`,
      [ids],
    );
    return new Map(rows.map(({ id, tags }) => [id, tags]));
  }

  /** A work effort's tickets in their order. */
  tickets(workEffortId: string): Promise<TicketEntity[]> {
    const order = { sequence: 'ASC', externalId: 'ASC' } as const;
    return this.#database.repository(TicketEntity).find({ where: { workEffortId }, order });
  }
}
