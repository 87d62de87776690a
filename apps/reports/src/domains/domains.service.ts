import { Injectable } from '@nestjs/common';
import { domains } from '@purser/contracts';
import type { Domain, DomainInput, ReceivedOf, ResponseOf, pageDomains } from '@purser/contracts';
import { setFields } from '@purser/database';
import { DomainError } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { DOMAIN } from '../catalogue/catalogue-kinds.ts';
import { CataloguePages } from '../catalogue/catalogue-pages.ts';
import { domainConditions, DomainsRepository, METRICS_OF_DOMAIN } from './domains.repository.ts';

type Stored = Omit<Domain, 'metrics'>;

/** The parts of the business that metrics belong to. */
@Injectable()
export class DomainsService {
  readonly #entries: CatalogueEntries;
  readonly #repository: DomainsRepository;
  readonly #pages: CataloguePages;

  constructor(entries: CatalogueEntries, repository: DomainsRepository, pages: CataloguePages) {
    this.#entries = entries;
    this.#repository = repository;
    this.#pages = pages;
  }

  create(message: ReceivedOf<typeof domains.create>): Promise<Domain> {
    return this.#entries.writeOnce(domains.create, message, async () => {
      const { id = uuidv7(), ...fields } = message.input;
      await this.#requireFree(id, { ...fields, id });
      return this.#withMetrics(await this.#entries.add<Stored>(DOMAIN, id, fields, 'id'));
    });
  }

  async get({ id }: ReceivedOf<typeof domains.get>): Promise<Domain> {
    return this.#withMetrics(await this.#entries.get<Stored>(DOMAIN, id));
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof domains.update>): Promise<Domain> {
    return this.#entries.write(async () => {
      const { id: _, ...given } = await this.#entries.getForChange<DomainInput>(DOMAIN, id, ifMatch);
      const fields = { ...given, ...setFields(changes) };
      await this.#requireFree(id, { name: fields.name });
      return this.#withMetrics(await this.#entries.replace<Stored>(DOMAIN, id, fields));
    });
  }

  remove(message: ReceivedOf<typeof domains.remove>): Promise<ResponseOf<typeof domains.remove>> {
    return this.#entries.remove(DOMAIN, message);
  }

  page(query: ReceivedOf<typeof pageDomains>): Promise<ResponseOf<typeof pageDomains>> {
    return this.#pages.page(DOMAIN, query, {
      where: domainConditions(query),
      sort: query.sort ?? 'name',
      also: METRICS_OF_DOMAIN,
      answer: ({ document, also }) => ({ ...(JSON.parse(document) as Stored), metrics: also }),
    });
  }

  /** A metric names its domain by id or by name, so that each means one domain at most. */
  async #requireFree(id: string, { id: newId, name }: { id?: string; name: string }): Promise<void> {
    for (const [field, text] of Object.entries({ id: newId, name })) {
      if (text === undefined) continue;
      const taken = await this.#repository.takenBy([text], id);
      if (taken === undefined) continue;
      throw new DomainError('conflict', `${field}: the domain "${taken}" has "${text}" as its id or name already.`, {
        field,
        id: taken,
      });
    }
  }

  async #withMetrics(stored: Stored): Promise<Domain> {
    return { ...stored, metrics: await this.#repository.metricsOf(stored.id) };
  }
}
