import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CachedCalls, CacheWarmer, type WarmEntry } from '@purser/caching';
import { countMetrics, pageDomains, pageMetrics, pageObjectives, validate } from '@purser/contracts';
import { DomainsController } from '../domains/domains.controller.ts';
import { MetricsController } from '../metrics/metrics.controller.ts';
import { ObjectivesController } from '../objectives/objectives.controller.ts';

/** Has what everybody looks at first in the cache before anybody asks: the first pages of the catalogue, and its counts. */
@Injectable()
export class CatalogueWarming implements OnModuleInit {
  constructor(
    private readonly warmer: CacheWarmer,
    private readonly calls: CachedCalls,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    this.warmer.warm({ name: 'catalogue', entries: () => this.#entries() });
  }

  #entries(): WarmEntry[] {
    // Nest injects no controllers.
    const [metrics, domains, objectives] = [
      this.modules.get(MetricsController),
      this.modules.get(DomainsController),
      this.modules.get(ObjectivesController),
    ];
    // As a client asks that says nothing: the contracts fill in the rest.
    return [
      this.calls.warmEntry(metrics, 'page', validate(pageMetrics.request, {})),
      this.calls.warmEntry(metrics, 'stats', validate(countMetrics.request, {})),
      this.calls.warmEntry(domains, 'page', validate(pageDomains.request, {})),
      this.calls.warmEntry(objectives, 'page', validate(pageObjectives.request, {})),
    ];
  }
}
