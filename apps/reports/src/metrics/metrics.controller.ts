import { Controller } from '@nestjs/common';
import { countMetrics, getMetricPolicy, metrics, pageMetrics, searchMetrics } from '@purser/contracts';
import type { Metric, MetricPolicy, MetricStats, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedCatalogue } from '../cached-reads.ts';
import { MetricViewsService } from './metric-views.service.ts';
import { MetricsService } from './metrics.service.ts';

/** The messages of `reports.metrics`. */
@Controller()
export class MetricsController {
  readonly #service: MetricsService;
  readonly #views: MetricViewsService;

  constructor(service: MetricsService, views: MetricViewsService) {
    this.#service = service;
    this.#views = views;
  }

  @Handles(metrics.create)
  create(message: ReceivedOf<typeof metrics.create>): Promise<Metric> {
    return this.#service.create(message);
  }

  @Handles(metrics.get)
  @CachedCatalogue()
  get(message: ReceivedOf<typeof metrics.get>): Promise<Metric> {
    return this.#service.get(message);
  }

  @Handles(pageMetrics)
  @CachedCatalogue()
  page(query: ReceivedOf<typeof pageMetrics>): Promise<ResponseOf<typeof pageMetrics>> {
    return this.#service.page(query);
  }

  @Handles(searchMetrics)
  @CachedCatalogue()
  search(query: ReceivedOf<typeof searchMetrics>): Promise<ResponseOf<typeof searchMetrics>> {
    return this.#service.page({ ...query, sort: 'rank' });
  }

  @Handles(metrics.update)
  update(message: ReceivedOf<typeof metrics.update>): Promise<Metric> {
    return this.#service.update(message);
  }

  @Handles(metrics.remove)
  remove(message: ReceivedOf<typeof metrics.remove>): Promise<ResponseOf<typeof metrics.remove>> {
    return this.#service.remove(message);
  }

  @Handles(countMetrics)
  @CachedCatalogue()
  stats(): Promise<MetricStats> {
    return this.#views.stats();
  }

  @Handles(getMetricPolicy)
  @CachedCatalogue()
  policy(message: ReceivedOf<typeof getMetricPolicy>): Promise<MetricPolicy> {
    return this.#views.policy(message);
  }
}
