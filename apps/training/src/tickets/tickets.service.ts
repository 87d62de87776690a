import { Injectable } from '@nestjs/common';
import { paginate } from '@purser/contracts';
import type { ListedTicket, ReceivedOf, ResponseOf, Ticket, getTicket, listTickets } from '@purser/contracts';
import { notFound } from '@purser/errors';
import { validate as isUuid } from 'uuid';
import type { TicketEntity } from './ticket.entity.ts';
import { TicketsRepository, type TicketRow } from './tickets.repository.ts';

/** The tickets of all work efforts. */
@Injectable()
export class TicketsService {
  readonly #repository: TicketsRepository;

  constructor(repository: TicketsRepository) {
    this.#repository = repository;
  }

  async list(query: ReceivedOf<typeof listTickets>): Promise<ResponseOf<typeof listTickets>> {
    const [rows, total] = await this.#repository.page(query);
    return { data: rows.map(toListedTicket), pagination: paginate({ page: query.page, limit: query.limit }, total) };
  }

  async get({ id }: ReceivedOf<typeof getTicket>): Promise<ListedTicket> {
    const row = isUuid(id) ? await this.#repository.find(id) : null;
    if (!row) throw notFound('ticket', id);
    return toListedTicket(row);
  }
}

/** What a work effort answers with of its tickets. */
export function toTicket({ createdAt, ...row }: TicketEntity): Ticket {
  const { id, externalId, title, status, sequence, parent, assignedTo } = row;
  return {
    ...{ id, externalId, title, status, sequence, parent, assignedTo },
    createdAt: createdAt?.toISOString() ?? null,
  };
}

function toListedTicket(row: TicketRow): ListedTicket {
  const { workEffortId, workEffortExternalId, sourceId } = row;
  return { ...toTicket(row), workEffortId, workEffortExternalId, sourceId };
}
