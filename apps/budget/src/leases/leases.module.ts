import { Module } from '@nestjs/common';
import { OutboxModule } from '../outbox/outbox.module.ts';
import { LeaseRepository } from './lease.repository.ts';
import { LeaseService } from './lease.service.ts';
import { LeaseStore } from './lease.store.ts';
import { LeaseViewRepository } from './lease-view.repository.ts';
import { LeasesController } from './leases.controller.ts';
import { Recalls } from './recalls.ts';
import { WindowRepository } from './window.repository.ts';

@Module({
  imports: [OutboxModule],
  controllers: [LeasesController],
  providers: [
    LeaseService,
    LeaseViewRepository,
    Recalls,
    WindowRepository,
    { provide: LeaseStore, useClass: LeaseRepository },
  ],
  exports: [LeaseStore, WindowRepository],
})
export class LeasesModule {}
