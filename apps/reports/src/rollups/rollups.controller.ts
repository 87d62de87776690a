import { Controller } from '@nestjs/common';
import { sumUsage, topUsage, usageDashboard, usageLatency } from '@purser/contracts';
import type { ReceivedOf, ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedSums } from '../cached-reads.ts';
import { RollupsService } from './rollups.service.ts';

/** The messages of `reports.usage` that sum up. */
@Controller()
export class RollupsController {
  readonly #service: RollupsService;

  constructor(service: RollupsService) {
    this.#service = service;
  }

  @Handles(sumUsage)
  @CachedSums()
  sum(query: ReceivedOf<typeof sumUsage>): Promise<ResponseOf<typeof sumUsage>> {
    return this.#service.sum(query);
  }

  @Handles(topUsage)
  @CachedSums()
  top(query: ReceivedOf<typeof topUsage>): Promise<ResponseOf<typeof topUsage>> {
    return this.#service.top(query);
  }

  @Handles(usageLatency)
  @CachedSums()
  latency(query: ReceivedOf<typeof usageLatency>): Promise<ResponseOf<typeof usageLatency>> {
    return this.#service.latency(query);
  }

  @Handles(usageDashboard)
  @CachedSums()
  dashboard(query: ReceivedOf<typeof usageDashboard>): Promise<ResponseOf<typeof usageDashboard>> {
    return this.#service.dashboard(query);
  }
}
