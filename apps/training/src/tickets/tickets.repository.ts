import { Injectable } from '@nestjs/common';
import type { ReceivedOf, listTickets } from '@purser/contracts';
import { Database } from '@purser/database';
import { searchOf, tsquery } from '../work-efforts/search.ts';
import type { TicketEntity } from './ticket.entity.ts';

type Query = ReceivedOf<typeof listTickets>;

/** A ticket with where it lies. */
export type TicketRow = TicketEntity & {
  readonly workEffortExternalId: string;
  readonly sourceId: string;
};

/** Which tickets are asked for: SQL, and the values of its parameters. */
interface Filter {
  readonly where: string;
  readonly values: readonly unknown[];
}

const COLUMNS = new Map([
  ['externalId', 'external_order'],
  ['title', 'title'],
  ['status', 'status'],
  ['sequence', 'sequence'],
  ['createdAt', 'created_at'],
]);

/* Subqueries, not a join, which would keep no order; they are made for the rows of the page alone. */
const SELECT = `
  SELECT id, work_effort_id AS "workEffortId", external_id AS "externalId", title, status, sequence, parent,
    assigned_to AS "assignedTo", created_at AS "createdAt",
    (SELECT external_id FROM work_efforts WHERE id = work_effort_id) AS "workEffortExternalId",
    (SELECT source_id FROM work_efforts WHERE id = work_effort_id) AS "sourceId"
  FROM tickets`;

/** Tickets in PostgreSQL, to read. Only a sync writes them. */
@Injectable()
export class TicketsRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A page of those that match, and how many match in all. With `q` and no `sort` the best match comes first. */
  async page(query: Query): Promise<[rows: TicketRow[], total: number]> {
    const search = query.q === undefined ? undefined : searchOf(query.q);
    if (search === null) return [[], 0];
    const filter = filterOf(query, search);
    const { where, values } = filter;
    const counting = `SELECT count(*)::integer AS total FROM tickets ${where}`;
    const [counted] = await this.#database.query<{ total: number }>(counting, values);
    return [await this.#rows(query, search, filter), counted!.total];
  }

  /** Null where there is none. */
  async find(id: string): Promise<TicketRow | null> {
    const [row] = await this.#database.query<TicketRow>(`${SELECT} WHERE id = $1`, [id]);
    return row ?? null;
  }

  #rows({ page, limit, q, sort }: Query, search: string | undefined, { where, values }: Filter): Promise<TicketRow[]> {
    const [offset, count, named, searched] = [1, 2, 3, 4].map((n) => `$${values.length + n}`) as [string, ...string[]];
    const best = search !== undefined && sort === undefined;
    const direction = sort?.startsWith('-') ? 'DESC' : 'ASC';
    const order = best
      ? `lower(external_id) = lower(${named}) DESC, ts_rank(search, ${tsquery(searched!)}) DESC, external_order`
      : `${COLUMNS.get((sort ?? 'externalId').replace('-', ''))} ${direction}`;
    // The id decides among equals, so that no row is on two pages, or on none.
    const ordered = `ORDER BY ${order} NULLS LAST, id ${direction} OFFSET ${offset} LIMIT ${count}`;
    return this.#database.query<TicketRow>(`${SELECT} ${where} ${ordered}`, [
      ...values,
      (page - 1) * limit,
      limit,
      ...(best ? [q!.trim(), search] : []),
    ]);
  }
}

function filterOf({ status, workEffortId, sourceId, assignedTo }: Query, search: string | undefined): Filter {
  const conditions: [condition: (parameter: string) => string, value: string | undefined][] = [
    [(parameter) => `search @@ ${tsquery(parameter)}`, search],
    [(parameter) => `status = ${parameter}`, status],
    [(parameter) => `work_effort_id = ${parameter}`, workEffortId],
    [(parameter) => `work_effort_id IN (SELECT id FROM work_efforts WHERE source_id = ${parameter})`, sourceId],
    [(parameter) => `lower(assigned_to) = lower(${parameter})`, assignedTo],
  ];
  const asked = conditions.filter(([, value]) => value !== undefined);
  const clauses = asked.map(([condition], index) => condition(`$${index + 1}`));
  return {
    where: clauses.length > 0 ? `WHERE ${clauses.join(' AND ')}` : '',
    values: asked.map(([, value]) => value),
  };
}
