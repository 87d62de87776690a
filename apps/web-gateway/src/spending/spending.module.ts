import {
  Controller,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { join } from 'node:path';
import { hello, lease, recall, recover, settle } from '@purser/contracts';
import { Drain, Readiness } from '@purser/health';
import { Listens, MessageClient } from '@purser/messaging';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import { Journal } from '../journal/journal.ts';
import { systemClock } from '../leases/clock.ts';
import type { LeaseTransport } from '../leases/lease-session.ts';
import type { SettlementTransport } from '../settlement/shipper.ts';
import { WEB_GATEWAY_CONFIG, type WebGatewayConfig } from '../web-gateway.config.ts';
import { Spending } from './spending.ts';

/** An answer later than this is as good as none: leases are repeated every 100 ms, the others are tried again. */
const ANSWER_WITHIN_MS = 1_000;
const SETTLED_WITHIN_MS = 10_000;

/** Starts spending with the gateway and, at its end, gives back what it holds. */
@Injectable()
export class SpendingLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly spending: Spending,
    private readonly journal: Journal,
    private readonly configuration: ConfigurationStore,
    readiness: Readiness,
    drain: Drain,
  ) {
    readiness.add({ name: 'spending', check: () => this.#check() });
    drain.add('release', 'leases', (deadlineMs) => spending.release(deadlineMs));
    drain.add('flush', 'settlement', (deadlineMs) => spending.flush(deadlineMs));
    drain.add('disconnect', 'session', () => spending.stop());
  }

  onApplicationBootstrap(): void {
    this.configuration.onChange(() => this.spending.acknowledgeVersion());
    // Not awaited: probes answer meanwhile, and readiness says that the budget service did not accept the session yet.
    void this.spending.start();
  }

  /** Also where the start failed half way. */
  async onApplicationShutdown(): Promise<void> {
    this.spending.stop();
    await this.journal.shutdown();
  }

  async #check(): Promise<void> {
    if (!this.journal.writable) throw new Error('the usage journal can not be written');
    if (!this.spending.ready) throw new Error('the budget service does not answer the session of this gateway');
    await this.configuration.whenLoaded();
  }
}

@Controller()
class RecallController {
  constructor(private readonly spending: Spending) {}

  @Listens(recall)
  recalled({ window, epoch }: { window: string; epoch: number }): void {
    this.spending.recall(window, epoch);
  }
}

/** Money: `Spending` for the data plane. */
@Module({
  controllers: [RecallController],
  providers: [
    SpendingLifecycle,
    {
      provide: Journal,
      inject: [WEB_GATEWAY_CONFIG],
      useFactory: (config: WebGatewayConfig) => openJournal(config),
    },
    {
      provide: Spending,
      inject: [WEB_GATEWAY_CONFIG, MessageClient, Journal, ConfigurationStore],
      useFactory: createSpending,
    },
  ],
  exports: [Spending],
})
export class SpendingModule {}

function openJournal(config: WebGatewayConfig): Journal {
  const logger = new Logger('Journal');
  return Journal.open(join(config.PURSER_DATA_DIR, 'journal'), systemClock, {
    sync: config.JOURNAL_SYNC,
    syncEveryMs: config.JOURNAL_SYNC_INTERVAL_MS,
    onProblem: (message, error) => logger.error(`${message}: ${String(error)}`),
  });
}

function createSpending(
  config: WebGatewayConfig,
  messages: MessageClient,
  journal: Journal,
  configuration: ConfigurationStore,
): Spending {
  const logger = new Logger('Spending');
  return new Spending(systemClock, transportOver(messages), journal, {
    budgetWaitMs: config.BUDGET_WAIT_MS,
    configVersion: () => configuration.version,
    onConfigVersion: (version) => configuration.noteVersion(version),
    onRefused: ({ message }) => logger.error(`The budget service refused a lease message: ${message}`),
    onMalformed: ({ usageId }) => logger.error(`The budget service set usage ${usageId} aside as malformed.`),
  });
}

function transportOver(messages: MessageClient): LeaseTransport & SettlementTransport {
  // The protocol repeats its messages itself.
  const soon = { deadlineMs: ANSWER_WITHIN_MS, whenNobodyServes: 'fail' } as const;
  return {
    hello: (message) => messages.request(hello, message, soon),
    lease: (message) => messages.request(lease, message, soon),
    recover: (message) => messages.request(recover, message, soon),
    settle: (message) => messages.request(settle, message, { ...soon, deadlineMs: SETTLED_WITHIN_MS }),
  };
}
