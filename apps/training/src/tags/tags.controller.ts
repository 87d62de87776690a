import { Controller } from '@nestjs/common';
import { listTags, paginate } from '@purser/contracts';
import type { ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedWork } from '../changes/cached-reads.ts';
import { TagsRepository } from './tags.repository.ts';

/** The messages of `training.tags`. */
@Controller()
export class TagsController {
  readonly #repository: TagsRepository;

  constructor(repository: TagsRepository) {
    this.#repository = repository;
  }

  @Handles(listTags)
  @CachedWork()
  async list(query: ReceivedOf<typeof listTags>): Promise<ResponseOf<typeof listTags>> {
    const [data, total] = await this.#repository.page(query);
    return { data, pagination: paginate({ page: query.page, limit: query.limit }, total) };
  }
}
