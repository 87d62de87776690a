import { Controller } from '@nestjs/common';
import { models, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedConfiguration } from '../configuration/cached-reads.ts';
import { ModelsService } from './models.service.ts';

/** The messages of `budget.models`. */
@Controller()
export class ModelsController {
  readonly #service: ModelsService;

  constructor(service: ModelsService) {
    this.#service = service;
  }

  @Handles(models.create)
  create(message: ReceivedOf<typeof models.create>): Promise<ResponseOf<typeof models.create>> {
    return this.#service.create(message);
  }

  @Handles(models.get)
  @CachedConfiguration()
  get(message: ReceivedOf<typeof models.get>): Promise<ResponseOf<typeof models.get>> {
    return this.#service.get(message);
  }

  @Handles(models.list)
  @CachedConfiguration()
  list(message: ReceivedOf<typeof models.list>): Promise<ResponseOf<typeof models.list>> {
    return this.#service.list(message);
  }

  @Handles(models.update)
  update(message: ReceivedOf<typeof models.update>): Promise<ResponseOf<typeof models.update>> {
    return this.#service.update(message);
  }

  @Handles(models.remove)
  remove(message: ReceivedOf<typeof models.remove>): Promise<ResponseOf<typeof models.remove>> {
    return this.#service.remove(message);
  }
}
