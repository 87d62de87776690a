import { Controller } from '@nestjs/common';
import { objectives, pageObjectives } from '@purser/contracts';
import type { Objective, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedCatalogue } from '../cached-reads.ts';
import { ObjectivesService } from './objectives.service.ts';

/** The messages of `reports.objectives`. */
@Controller()
export class ObjectivesController {
  readonly #service: ObjectivesService;

  constructor(service: ObjectivesService) {
    this.#service = service;
  }

  @Handles(objectives.create)
  create(message: ReceivedOf<typeof objectives.create>): Promise<Objective> {
    return this.#service.create(message);
  }

  @Handles(objectives.get)
  @CachedCatalogue()
  get(message: ReceivedOf<typeof objectives.get>): Promise<Objective> {
    return this.#service.get(message);
  }

  @Handles(pageObjectives)
  @CachedCatalogue()
  page(query: ReceivedOf<typeof pageObjectives>): Promise<ResponseOf<typeof pageObjectives>> {
    return this.#service.page(query);
  }

  @Handles(objectives.update)
  update(message: ReceivedOf<typeof objectives.update>): Promise<Objective> {
    return this.#service.update(message);
  }

  @Handles(objectives.remove)
  remove(message: ReceivedOf<typeof objectives.remove>): Promise<ResponseOf<typeof objectives.remove>> {
    return this.#service.remove(message);
  }
}
