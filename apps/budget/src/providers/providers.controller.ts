import { Controller } from '@nestjs/common';
import { providers, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedConfiguration } from '../configuration/cached-reads.ts';
import { ProvidersService } from './providers.service.ts';

/** The messages of `budget.providers`. */
@Controller()
export class ProvidersController {
  readonly #service: ProvidersService;

  constructor(service: ProvidersService) {
    this.#service = service;
  }

  @Handles(providers.create)
  create(message: ReceivedOf<typeof providers.create>): Promise<ResponseOf<typeof providers.create>> {
    return this.#service.create(message);
  }

  @Handles(providers.get)
  @CachedConfiguration()
  get(message: ReceivedOf<typeof providers.get>): Promise<ResponseOf<typeof providers.get>> {
    return this.#service.get(message);
  }

  @Handles(providers.list)
  @CachedConfiguration()
  list(message: ReceivedOf<typeof providers.list>): Promise<ResponseOf<typeof providers.list>> {
    return this.#service.list(message);
  }

  @Handles(providers.update)
  update(message: ReceivedOf<typeof providers.update>): Promise<ResponseOf<typeof providers.update>> {
    return this.#service.update(message);
  }

  @Handles(providers.remove)
  remove(message: ReceivedOf<typeof providers.remove>): Promise<ResponseOf<typeof providers.remove>> {
    return this.#service.remove(message);
  }
}
