import { Controller } from '@nestjs/common';
import { routes, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedConfiguration } from '../configuration/cached-reads.ts';
import { RoutesService } from './routes.service.ts';

/** The messages of `budget.routes`. */
@Controller()
export class RoutesController {
  readonly #service: RoutesService;

  constructor(service: RoutesService) {
    this.#service = service;
  }

  @Handles(routes.create)
  create(message: ReceivedOf<typeof routes.create>): Promise<ResponseOf<typeof routes.create>> {
    return this.#service.create(message);
  }

  @Handles(routes.get)
  @CachedConfiguration()
  get(message: ReceivedOf<typeof routes.get>): Promise<ResponseOf<typeof routes.get>> {
    return this.#service.get(message);
  }

  @Handles(routes.list)
  @CachedConfiguration()
  list(message: ReceivedOf<typeof routes.list>): Promise<ResponseOf<typeof routes.list>> {
    return this.#service.list(message);
  }

  @Handles(routes.update)
  update(message: ReceivedOf<typeof routes.update>): Promise<ResponseOf<typeof routes.update>> {
    return this.#service.update(message);
  }

  @Handles(routes.remove)
  remove(message: ReceivedOf<typeof routes.remove>): Promise<ResponseOf<typeof routes.remove>> {
    return this.#service.remove(message);
  }
}
