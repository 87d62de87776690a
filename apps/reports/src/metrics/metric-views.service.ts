import { Injectable } from '@nestjs/common';
import type { Metric, MetricPolicy, MetricStats } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { METRIC } from '../catalogue/catalogue-kinds.ts';
import { MetricStatsRepository } from './metric-stats.repository.ts';
import { regoPolicy } from './rego.ts';

/** Other ways to look at definitions than one by one. */
@Injectable()
export class MetricViewsService {
  readonly #entries: CatalogueEntries;
  readonly #stats: MetricStatsRepository;

  constructor(entries: CatalogueEntries, stats: MetricStatsRepository) {
    this.#entries = entries;
    this.#stats = stats;
  }

  stats(): Promise<MetricStats> {
    return this.#stats.count();
  }

  /** @throws DomainError `not_found`, or `conflict` naming what the definition lacks */
  async policy({ id }: { id: string }): Promise<MetricPolicy> {
    const { metricId, definition, targets } = await this.#entries.get<Metric>(METRIC, id);
    const { target, warning, critical } = targets ?? {};
    if (target == null && warning == null && critical == null) throw lacks(id, 'targets');
    const direction = definition?.expectedDirection;
    if (!direction) throw lacks(id, 'definition.expectedDirection');
    return { metricId, ...regoPolicy({ metricId, direction, target, warning, critical }) };
  }
}

function lacks(id: string, field: string): DomainError {
  return new DomainError('conflict', `${field}: the metric "${id}" has none, and a policy is made of it.`, {
    field,
    id,
  });
}
