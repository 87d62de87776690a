import { Controller } from '@nestjs/common';
import { getTicket, listTickets } from '@purser/contracts';
import type { ListedTicket, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedTicket, CachedWork } from '../changes/cached-reads.ts';
import { TicketsService } from './tickets.service.ts';

/** The messages of `training.tickets`. */
@Controller()
export class TicketsController {
  readonly #service: TicketsService;

  constructor(service: TicketsService) {
    this.#service = service;
  }

  @Handles(listTickets)
  @CachedWork()
  list(query: ReceivedOf<typeof listTickets>): Promise<ResponseOf<typeof listTickets>> {
    return this.#service.list(query);
  }

  @Handles(getTicket)
  @CachedTicket()
  get(message: ReceivedOf<typeof getTicket>): Promise<ListedTicket> {
    return this.#service.get(message);
  }
}
