import { Injectable } from '@nestjs/common';
import { paginate } from '@purser/contracts';
import type { ReceivedOf, ResponseOf, Ticket, WorkEffort, getWorkEffort, listWorkEfforts } from '@purser/contracts';
import { notFound } from '@purser/errors';
import { validate as isUuid } from 'uuid';
import type { TicketEntity } from './ticket.entity.ts';
import type { WorkEffortEntity } from './work-effort.entity.ts';
import { WorkEffortsRepository } from './work-efforts.repository.ts';

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
    const { page, limit } = query;
    return {
      data: rows.map((row) => toWorkEffort(row, tags.get(row.id))),
      pagination: paginate({ page, limit }, total),
    };
  }

  async get({ id }: ReceivedOf<typeof getWorkEffort>): Promise<ResponseOf<typeof getWorkEffort>> {
    const row = isUuid(id) ? await this.#repository.find(id) : null;
    if (!row) throw notFound('work effort', id);
    const tickets = await this.#repository.tickets(row.id);
    const tags = await this.#repository.tagsOf([id]);
    return { ...toWorkEffort(row, tags.get(row.id)), tickets: tickets.map(toTicket) };
  }
}

function toWorkEffort(row: WorkEffortEntity, tags: readonly string[] = []): WorkEffort {
  const { id, sourceId, externalId, title, description, status, progress, branch, createdAt, updatedAt } = row;
  return {
    ...{ id, sourceId, externalId, title, description, status, progress, branch, repository: row.repository },
    tags: [...tags],
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function toTicket({ createdAt, ...row }: TicketEntity): Ticket {
  const { id, externalId, title, status, sequence, parent, assignedTo } = row;
  return {
    ...{ id, externalId, title, status, sequence, parent, assignedTo },
    createdAt: createdAt?.toISOString() ?? null,
  };
}
