import { Controller } from '@nestjs/common';
import { domains, pageDomains } from '@purser/contracts';
import type { Domain, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedCatalogue } from '../cached-reads.ts';
import { DomainsService } from './domains.service.ts';

/** The messages of `reports.domains`. */
@Controller()
export class DomainsController {
  readonly #service: DomainsService;

  constructor(service: DomainsService) {
    this.#service = service;
  }

  @Handles(domains.create)
  create(message: ReceivedOf<typeof domains.create>): Promise<Domain> {
    return this.#service.create(message);
  }

  @Handles(domains.get)
  @CachedCatalogue()
  get(message: ReceivedOf<typeof domains.get>): Promise<Domain> {
    return this.#service.get(message);
  }

  @Handles(pageDomains)
  @CachedCatalogue()
  page(query: ReceivedOf<typeof pageDomains>): Promise<ResponseOf<typeof pageDomains>> {
    return this.#service.page(query);
  }

  @Handles(domains.update)
  update(message: ReceivedOf<typeof domains.update>): Promise<Domain> {
    return this.#service.update(message);
  }

  @Handles(domains.remove)
  remove(message: ReceivedOf<typeof domains.remove>): Promise<ResponseOf<typeof domains.remove>> {
    return this.#service.remove(message);
  }
}
