import { Controller } from '@nestjs/common';
import { getWorkEffort, listWorkEfforts, workEffortStats } from '@purser/contracts';
import type { ReceivedOf, ResponseOf, WorkEffortStats } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { CachedWork, CachedWorkEffort } from '../changes/cached-reads.ts';
import { WorkEffortsService } from './work-efforts.service.ts';

/** The messages of `training.work-efforts`. */
@Controller()
export class WorkEffortsController {
  readonly #service: WorkEffortsService;

  constructor(service: WorkEffortsService) {
    this.#service = service;
  }

  @Handles(listWorkEfforts)
  @CachedWork()
  list(query: ReceivedOf<typeof listWorkEfforts>): Promise<ResponseOf<typeof listWorkEfforts>> {
    return this.#service.list(query);
  }

  @Handles(getWorkEffort)
  @CachedWorkEffort()
  get(message: ReceivedOf<typeof getWorkEffort>): Promise<ResponseOf<typeof getWorkEffort>> {
    return this.#service.get(message);
  }

  @Handles(workEffortStats)
  @CachedWork()
  stats(query: ReceivedOf<typeof workEffortStats>): Promise<WorkEffortStats> {
    return this.#service.stats(query);
  }
}
