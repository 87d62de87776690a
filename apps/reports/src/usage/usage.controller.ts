import { Controller } from '@nestjs/common';
import { exportUsage, listUsage, usageSettled } from '@purser/contracts';
import type { PayloadOf, ReceivedOf, ResponseOf } from '@purser/contracts';
import { Consumes, Handles } from '@purser/messaging';
import { UsageService } from './usage.service.ts';

/** The messages of `reports.usage`, and the events that it is made from. */
@Controller()
export class UsageController {
  readonly #service: UsageService;

  constructor(service: UsageService) {
    this.#service = service;
  }

  @Consumes(usageSettled, { consumer: 'reports' })
  settled(event: PayloadOf<typeof usageSettled>): Promise<void> {
    return this.#service.take(event);
  }

  @Handles(listUsage)
  list(query: ReceivedOf<typeof listUsage>): Promise<ResponseOf<typeof listUsage>> {
    return this.#service.list(query);
  }

  @Handles(exportUsage)
  export(query: ReceivedOf<typeof exportUsage>): Promise<ResponseOf<typeof exportUsage>> {
    return this.#service.export(query);
  }
}
