import { Injectable } from '@nestjs/common';
import type { ReceivedOf, WorkEffortStats, listWorkEfforts } from '@purser/contracts';
import { Database } from '@purser/database';
import { searchOf, tsquery } from './search.ts';
import { TicketEntity } from '../tickets/ticket.entity.ts';
import { WorkEffortEntity } from './work-effort.entity.ts';

const MAX_SOURCES = 100;
const MAX_TAGS = 50;
const RECENT = 10;

/** Whether a work effort has the tag that a parameter names. */
const hasTag = (parameter: string): string => `EXISTS (SELECT FROM work_effort_tags JOIN tags ON tags.id = tag_id
  WHERE work_effort_id = row.id AND lower(tags.name) = lower(:${parameter}))`;

/*
 * How much work there is. In: $1 a source, or null for all. Out: one row; counts by a key are JSON objects.
 * Locks: none.
 */
const STATS = `
  WITH efforts AS MATERIALIZED (
    SELECT id, source_id, external_id, title, status, progress, updated_at FROM work_efforts
    WHERE $1::uuid IS NULL OR source_id = $1
  ), steps AS (
    SELECT status, count(*)::integer AS number FROM tickets
    WHERE $1::uuid IS NULL OR work_effort_id IN (SELECT id FROM efforts)
    GROUP BY status
  ), places AS (
    SELECT source_id, count(*)::integer AS number FROM efforts GROUP BY source_id
    ORDER BY number DESC, source_id LIMIT ${MAX_SOURCES}
  ), labels AS (
    SELECT tags.id, name, count(*)::integer AS number
    FROM work_effort_tags JOIN tags ON tags.id = tag_id
    WHERE $1::uuid IS NULL OR work_effort_id IN (SELECT id FROM efforts)
    GROUP BY tags.id ORDER BY number DESC, name LIMIT ${MAX_TAGS}
  ), latest AS (
    SELECT id, external_id, title, status, progress, updated_at FROM efforts ORDER BY updated_at DESC, id LIMIT ${RECENT}
  )
  SELECT
    (SELECT count(*)::integer FROM efforts) AS total,
    (SELECT coalesce(round(avg(progress), 2), 0)::float8 FROM efforts
      WHERE id IN (SELECT work_effort_id FROM tickets)) AS "meanProgress",
    (SELECT json_object_agg(status, number) FROM
      (SELECT status, count(*)::integer AS number FROM efforts GROUP BY status) counted) AS "byStatus",
    (SELECT json_object_agg(status, number) FROM steps) AS "ticketsByStatus",
    (SELECT json_agg(json_build_object('sourceId', source_id, 'workEfforts', number)) FROM places) AS "bySource",
    (SELECT json_agg(json_build_object('id', id, 'name', name, 'workEfforts', number)) FROM labels) AS "byTag",
    (SELECT json_agg(json_build_object('id', id, 'externalId', external_id, 'title', title, 'status', status,
      'progress', progress, 'updatedAt', updated_at)) FROM latest) AS "recentlyUpdated"`;

/** What {@link STATS} gives; null where there is nothing to count. */
export type StatsRow = Pick<WorkEffortStats, 'total' | 'meanProgress'> & {
  readonly [K in 'bySource' | 'byTag' | 'recentlyUpdated']: WorkEffortStats[K] | null;
} & {
  readonly byStatus: Partial<WorkEffortStats['byStatus']> | null;
  readonly ticketsByStatus: Partial<WorkEffortStats['tickets']['byStatus']> | null;
};

/** Work efforts in PostgreSQL, to read. Only a sync writes them. */
@Injectable()
export class WorkEffortsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of those that match, and how many match in all. With `q` and no `sort` the best match comes first. */
  async page(query: ReceivedOf<typeof listWorkEfforts>): Promise<[rows: WorkEffortEntity[], total: number]> {
    const { page, limit, q, status, tag, sourceId, sort } = query;
    const rows = this.#database.repository(WorkEffortEntity).createQueryBuilder('row');
    if (status !== undefined) rows.andWhere('row.status = :status', { status });
    if (sourceId !== undefined) rows.andWhere('row.sourceId = :sourceId', { sourceId });
    if (tag !== undefined) rows.andWhere(...hasTags(tag));
    if (q !== undefined) {
      const search = searchOf(q);
      if (search === null) return [[], 0];
      rows.andWhere(`row.search @@ ${tsquery(':search')}`, { search });
    }
    const total = await rows.getCount();
    if (q !== undefined && sort === undefined) {
      rows.addSelect('lower(row.external_id) = lower(:q)', 'named').setParameter('q', q.trim());
      rows.addSelect(`ts_rank(row.search, ${tsquery(':search')})`, 'rank');
      rows.orderBy({ named: 'DESC', rank: 'DESC', 'row.external_order': 'ASC' });
    } else {
      const [field, direction] = order(sort ?? 'createdAt');
      rows.orderBy(field === 'externalId' ? 'row.external_order' : `row.${field}`, direction);
    }
    // The id decides among equals, so that no row is on two pages, or on none.
    rows.addOrderBy('row.id', order(sort ?? 'createdAt')[1]);
    return [
      await rows
        .offset((page - 1) * limit)
        .limit(limit)
        .getMany(),
      total,
    ];
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

  /** Of all sources, or of one. */
  async stats(sourceId: string | undefined): Promise<StatsRow> {
    const [row] = await this.#database.query<{ [K in keyof StatsRow]: StatsRow[K] }>(STATS, [sourceId ?? null]);
    return row!;
  }
}

/** All of the tags, or the one that they are together: a name may have commas in it. */
function hasTags(tags: readonly string[]): [condition: string, values: Record<string, string>] {
  const named = tags.map((tag, n) => [`tag${n}`, tag.trim()] as const);
  const all = named.map(([parameter]) => hasTag(parameter)).join(' AND ');
  const condition = tags.length === 1 ? all : `((${all}) OR ${hasTag('whole')})`;
  return [condition, { ...Object.fromEntries(named), whole: tags.join(',') }];
}

function order(sort: string): [field: string, direction: 'ASC' | 'DESC'] {
  return sort.startsWith('-') ? [sort.slice(1), 'DESC'] : [sort, 'ASC'];
}
