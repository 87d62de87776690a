import { Controller } from '@nestjs/common';
import { sources, syncSource } from '@purser/contracts';
import type { ReceivedOf, ResponseOf, Source } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedSource, CachedSources } from '../changes/cached-reads.ts';
import { SourcesService } from './sources.service.ts';

/** The messages of `training.sources`. */
@Controller()
export class SourcesController {
  readonly #service: SourcesService;

  constructor(service: SourcesService) {
    this.#service = service;
  }

  @Handles(sources.create)
  create(message: ReceivedOf<typeof sources.create>): Promise<Source> {
    return this.#service.create(message);
  }

  @Handles(sources.get)
  @CachedSource()
  get(message: ReceivedOf<typeof sources.get>): Promise<Source> {
    return this.#service.get(message);
  }

  @Handles(sources.list)
  @CachedSources()
  list(query: ReceivedOf<typeof sources.list>): Promise<ResponseOf<typeof sources.list>> {
    return this.#service.list(query);
  }

  @Handles(sources.update)
  update(message: ReceivedOf<typeof sources.update>): Promise<Source> {
    return this.#service.update(message);
  }

  @Handles(sources.remove)
  remove(message: ReceivedOf<typeof sources.remove>): Promise<ResponseOf<typeof sources.remove>> {
    return this.#service.remove(message);
  }

  @Handles(syncSource)
  sync(message: ReceivedOf<typeof syncSource>): Promise<Source> {
    return this.#service.sync(message);
  }
}
