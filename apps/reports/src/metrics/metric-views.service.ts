import { Injectable } from '@nestjs/common';
import type { Metric, MetricPolicy, MetricStats } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { CatalogueEntries } from '../catalogue/catalogue.entries.ts';
import { METRIC } from '../catalogue/catalogue-kinds.ts';
import { policyDirection } from './policy-direction.ts';
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

  /** @throws DomainError `not_found`, or `conflict` naming what of the definition makes no policy */
  async policy({ id }: { id: string }): Promise<MetricPolicy> {
    const { metricId, definition, targets } = await this.#entries.get<Metric>(METRIC, id);
    const { target, warning, critical } = targets ?? {};
    if (target == null && warning == null && critical == null) throw lacksTargets(id);
    const direction = policyDirection(definition?.expectedDirection, { target, warning, critical });
    if (direction === undefined) throw contradictory(id);
    return { metricId, ...regoPolicy({ metricId, direction, target, warning, critical }) };
  }
}

function lacksTargets(id: string): DomainError {
  return new DomainError('conflict', `targets: the metric "${id}" has none, and a policy is made of them.`, {
    field: 'targets',
    id,
  });
}

function contradictory(id: string): DomainError {
  return new DomainError(
    'conflict',
    `targets: those of the metric "${id}" go both up and down from critical over warning to target, and its definition has no expectedDirection.`,
    { field: 'targets', id },
  );
}
