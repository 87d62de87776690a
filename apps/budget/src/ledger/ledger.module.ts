import { Module } from '@nestjs/common';
import { LedgerController } from './ledger.controller.ts';
import { LedgerRepository } from './ledger.repository.ts';
import { LedgerService } from './ledger.service.ts';

/** Shows the ledger. */
@Module({ controllers: [LedgerController], providers: [LedgerService, LedgerRepository] })
export class LedgerModule {}
