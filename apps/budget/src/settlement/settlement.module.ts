import { Controller, Module } from '@nestjs/common';
import { settle, type ReceivedOf, type ResponseOf } from '@purser/contracts';
import { Handles } from '@purser/messaging';
import { LeasesModule } from '../leases/leases.module.ts';
import { SettlementService } from './settlement.service.ts';

@Controller()
export class SettlementController {
  readonly #settlement: SettlementService;

  constructor(settlement: SettlementService) {
    this.#settlement = settlement;
  }

  @Handles(settle)
  settle(message: ReceivedOf<typeof settle>): Promise<ResponseOf<typeof settle>> {
    return this.#settlement.settle(message);
  }
}

@Module({ imports: [LeasesModule], controllers: [SettlementController], providers: [SettlementService] })
export class SettlementModule {}
