import { Inject, Injectable } from '@nestjs/common';
import { domains } from '@purser/contracts';
import type { Domain, DomainInput, ReceivedOf, ResponseOf, pageDomains } from '@purser/contracts';
import { setFields } from '@purser/database';
import { DomainError } from '@purser/errors';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { v7 as uuidv7 } from 'uuid';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { DOMAIN } from '../catalogue/catalogue-kinds.ts';
import { CatalogueRepository } from '../catalogue/catalogue.repository.ts';
import { FittingRows } from '../answers/fitting-rows.ts';
import { domainConditions, DomainsRepository, METRICS_OF_DOMAIN } from './domains.repository.ts';

type Stored = Omit<Domain, 'metrics'>;

const ORDERS: Readonly<Record<string, string>> = { createdAt: 'created_at', updatedAt: 'updated_at' };

/** The parts of the business that metrics belong to. */
@Injectable()
export class DomainsService {
  readonly #entries: CatalogueEntries;
  readonly #rows: CatalogueRepository;
  readonly #repository: DomainsRepository;
  readonly #fitting: FittingRows;

  constructor(
    entries: CatalogueEntries,
    rows: CatalogueRepository,
    repository: DomainsRepository,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#entries = entries;
    this.#rows = rows;
    this.#repository = repository;
    this.#fitting = new FittingRows(transport);
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

  remove({ id, ifMatch }: ReceivedOf<typeof domains.remove>): Promise<ResponseOf<typeof domains.remove>> {
    return this.#entries.write(async () => {
      await this.#entries.getForChange(DOMAIN, id, ifMatch);
      await this.#entries.remove(DOMAIN, id);
      return {};
    });
  }

  async page(query: ReceivedOf<typeof pageDomains>): Promise<ResponseOf<typeof pageDomains>> {
    const { page, limit, skip, sort = 'name' } = query;
    const field = sort.replace('-', '');
    const found = await this.#rows.page(DOMAIN, {
      where: domainConditions(query),
      sort: sort.replace(field, ORDERS[field] ?? field),
      limit: limit - skip,
      offset: (page - 1) * limit + skip,
      also: METRICS_OF_DOMAIN,
    });
    const texts = found.rows.map(({ document, also }) => JSON.stringify({ ...JSON.parse(document), metrics: also }));
    const shown = this.#fitting.first(texts);
    return { rows: shown.join(','), count: shown.length, total: found.total };
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
