import { Controller } from '@nestjs/common';
import { apiKeys, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedConfiguration } from '../configuration/cached-reads.ts';
import { KeysService } from './keys.service.ts';

/** The messages of `budget.keys`. */
@Controller()
export class KeysController {
  readonly #service: KeysService;

  constructor(service: KeysService) {
    this.#service = service;
  }

  @Handles(apiKeys.create)
  create(message: ReceivedOf<typeof apiKeys.create>): Promise<ResponseOf<typeof apiKeys.create>> {
    return this.#service.create(message);
  }

  @Handles(apiKeys.get)
  @CachedConfiguration()
  get(message: ReceivedOf<typeof apiKeys.get>): Promise<ResponseOf<typeof apiKeys.get>> {
    return this.#service.get(message);
  }

  @Handles(apiKeys.list)
  @CachedConfiguration()
  list(message: ReceivedOf<typeof apiKeys.list>): Promise<ResponseOf<typeof apiKeys.list>> {
    return this.#service.list(message);
  }

  @Handles(apiKeys.update)
  update(message: ReceivedOf<typeof apiKeys.update>): Promise<ResponseOf<typeof apiKeys.update>> {
    return this.#service.update(message);
  }

  @Handles(apiKeys.remove)
  remove(message: ReceivedOf<typeof apiKeys.remove>): Promise<ResponseOf<typeof apiKeys.remove>> {
    return this.#service.remove(message);
  }
}
