import { Controller } from '@nestjs/common';
import { listLedger, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { LedgerService } from './ledger.service.ts';

/** The messages of `budget.ledger`. */
@Controller()
export class LedgerController {
  readonly #service: LedgerService;

  constructor(service: LedgerService) {
    this.#service = service;
  }

  @Handles(listLedger)
  list(message: ReceivedOf<typeof listLedger>): Promise<ResponseOf<typeof listLedger>> {
    return this.#service.list(message);
  }
}
