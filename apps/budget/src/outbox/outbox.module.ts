import { Module } from '@nestjs/common';
import { EventBus, OutboxRelay } from '@purser/messaging';
import { OutboxRepository } from './outbox.repository.ts';
import { OutboxRelayLifecycle } from './outbox-relay.lifecycle.ts';
import { Outbox } from './outbox.ts';

/** Events that leave in the transaction of what they tell of. */
@Module({
  providers: [
    Outbox,
    OutboxRepository,
    OutboxRelayLifecycle,
    {
      provide: OutboxRelay,
      inject: [OutboxRepository, EventBus],
      useFactory: (store: OutboxRepository, bus: EventBus) => new OutboxRelay({ store, bus }),
    },
  ],
  exports: [Outbox],
})
export class OutboxModule {}
