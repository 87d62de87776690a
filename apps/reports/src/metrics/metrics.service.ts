import { Inject, Injectable } from '@nestjs/common';
import { metrics } from '@purser/contracts';
import type { Metric, MetricInput, ReceivedOf, ResponseOf, pageMetrics } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { METRIC } from '../catalogue/catalogue-kinds.ts';
import { requireRevision } from '../catalogue/catalogue-pages.ts';
import { FittingRows } from '../answers/fitting-rows.ts';
import { withChanges } from './metric-changes.ts';
import { MetricsRepository, type MetricPage, type MetricPageQuery } from './metrics.repository.ts';
import { Totals } from './totals.ts';

type Page = ResponseOf<typeof pageMetrics>;
type Query = Omit<ReceivedOf<typeof pageMetrics>, 'sort'> & { readonly sort?: string | undefined };

/** The definitions of the catalogue. */
@Injectable()
export class MetricsService {
  readonly #entries: CatalogueEntries;
  readonly #repository: MetricsRepository;
  readonly #fitting: FittingRows;
  readonly #totals = new Totals();

  constructor(
    entries: CatalogueEntries,
    repository: MetricsRepository,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#entries = entries;
    this.#repository = repository;
    this.#fitting = new FittingRows(transport);
  }

  create(message: ReceivedOf<typeof metrics.create>): Promise<Metric> {
    return this.#entries.writeOnce(metrics.create, message, () =>
      this.#entries.add<Metric>(METRIC, message.input.metricId, message.input, 'metricId'),
    );
  }

  get({ id }: ReceivedOf<typeof metrics.get>): Promise<Metric> {
    return this.#entries.get(METRIC, id);
  }

  update({ id, changes, ifMatch }: ReceivedOf<typeof metrics.update>): Promise<Metric> {
    return this.#entries.write(async () => {
      const given = await this.#entries.getForChange<MetricInput>(METRIC, id, ifMatch);
      return this.#entries.replace<Metric>(METRIC, id, withChanges(given, changes));
    });
  }

  remove(message: ReceivedOf<typeof metrics.remove>): Promise<ResponseOf<typeof metrics.remove>> {
    return this.#entries.remove(METRIC, message, () => this.#requireUnbound(message.id));
  }

  async #requireUnbound(id: string): Promise<void> {
    const bound = await this.#repository.objectivesOf(id);
    if (bound.length === 0) return;
    throw new DomainError(
      'conflict',
      `Key results of the objective "${bound[0]!}" are bound to the metric "${id}"; remove them first.`,
      { id, objectives: bound },
    );
  }

  /**
   * A page as text. The total is counted anew only when something was written since.
   *
   * @throws DomainError `concurrent_change` where the catalogue is no longer what the asked revision says
   */
  async page({ page, limit, skip, revision, sort = 'metricId', ...filters }: Query): Promise<Page> {
    const query = { ...filters, sort, limit: limit - skip, offset: (page - 1) * limit + skip };
    const asked = JSON.stringify(filters);
    const known = this.#totals.get(asked);
    const found = await this.#repository.page(query, known?.revision ?? '0');
    requireRevision(revision, found.revision);
    const total = found.total === null ? known!.total : Number(found.total);
    if (found.total !== null) this.#totals.set(asked, { revision: found.revision, total });
    return { ...(await this.#asManyAsFit(found, query)), total, revision: found.revision };
  }

  async #asManyAsFit(found: MetricPage, query: MetricPageQuery): Promise<Pick<Page, 'rows' | 'count'>> {
    const { rows, count, revision } = found;
    if (this.#fitting.surelyFits(rows)) return { rows, count };
    const read = await this.#repository.documents(query);
    for (const each of read) requireRevision(revision, each.revision);
    const shown = this.#fitting.first(read.map(({ document }) => document));
    return { rows: shown.join(','), count: shown.length };
  }
}
