import { Injectable } from '@nestjs/common';
import { paginate } from '@purser/contracts';
import type { ReceivedOf, ResponseOf, WorkEffort, WorkEffortStats } from '@purser/contracts';
import type { getWorkEffort, listWorkEfforts, workEffortStats } from '@purser/contracts';
import { notFound } from '@purser/errors';
import { validate as isUuid } from 'uuid';
import { toTicket } from '../tickets/tickets.service.ts';
import { withShorterDescriptions } from './page-size.ts';
import type { WorkEffortEntity } from './work-effort.entity.ts';
import { WorkEffortsRepository } from './work-efforts.repository.ts';

const NONE = { 'in-progress': 0, completed: 0, blocked: 0 };

/** The work that the sources hold. */
@Injectable()
export class WorkEffortsService {
  readonly #repository: WorkEffortsRepository;

  constructor(repository: WorkEffortsRepository) {
    this.#repository = repository;
  }

  async list(query: ReceivedOf<typeof listWorkEfforts>): Promise<ResponseOf<typeof listWorkEfforts>> {
    const [rows, total] = await this.#repository.page(query);
    const tags = await this.#repository.tagsOf(rows.map(({ id }) => id));
    const data = withShorterDescriptions(rows.map((row) => toWorkEffort(row, tags.get(row.id))));
    return { data, pagination: paginate({ page: query.page, limit: query.limit }, total) };
  }

  async get({ id }: ReceivedOf<typeof getWorkEffort>): Promise<ResponseOf<typeof getWorkEffort>> {
    const row = isUuid(id) ? await this.#repository.find(id) : null;
    if (!row) throw notFound('work effort', id);
    const [tags, tickets] = await Promise.all([this.#repository.tagsOf([id]), this.#repository.tickets(row.id)]);
    return { ...toWorkEffort(row, tags.get(row.id)), tickets: tickets.map(toTicket) };
  }

  async stats({ sourceId }: ReceivedOf<typeof workEffortStats>): Promise<WorkEffortStats> {
    const { total, meanProgress, ...row } = await this.#repository.stats(sourceId);
    const tickets = { pending: 0, ...NONE, ...row.ticketsByStatus };
    return {
      ...{ total, meanProgress, bySource: row.bySource ?? [], byTag: row.byTag ?? [] },
      byStatus: { planned: 0, ...NONE, ...row.byStatus },
      tickets: { total: Object.values(tickets).reduce((sum, number) => sum + number, 0), byStatus: tickets },
      recentlyUpdated: (row.recentlyUpdated ?? []).map(({ updatedAt, ...effort }) => ({
        ...effort,
        updatedAt: new Date(updatedAt).toISOString(),
      })),
    };
  }
}

function toWorkEffort(row: WorkEffortEntity, tags: readonly string[] = []): WorkEffort {
  const { id, sourceId, externalId, title, description, status, progress, branch, repository } = row;
  return {
    ...{ id, sourceId, externalId, title, description, status, progress, branch, repository },
    tags: [...tags],
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
