import { Controller } from '@nestjs/common';
import { accounts, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedConfiguration } from '../configuration/cached-reads.ts';
import { AccountsService } from './accounts.service.ts';

/** The messages of `budget.accounts`. */
@Controller()
export class AccountsController {
  readonly #service: AccountsService;

  constructor(service: AccountsService) {
    this.#service = service;
  }

  @Handles(accounts.create)
  create(message: ReceivedOf<typeof accounts.create>): Promise<ResponseOf<typeof accounts.create>> {
    return this.#service.create(message);
  }

  @Handles(accounts.get)
  @CachedConfiguration()
  get(message: ReceivedOf<typeof accounts.get>): Promise<ResponseOf<typeof accounts.get>> {
    return this.#service.get(message);
  }

  @Handles(accounts.list)
  @CachedConfiguration()
  list(message: ReceivedOf<typeof accounts.list>): Promise<ResponseOf<typeof accounts.list>> {
    return this.#service.list(message);
  }

  @Handles(accounts.update)
  update(message: ReceivedOf<typeof accounts.update>): Promise<ResponseOf<typeof accounts.update>> {
    return this.#service.update(message);
  }

  @Handles(accounts.remove)
  remove(message: ReceivedOf<typeof accounts.remove>): Promise<ResponseOf<typeof accounts.remove>> {
    return this.#service.remove(message);
  }
}
