import { startService, type RunningService } from '@purser/health';
import { messagingStrategy } from '@purser/messaging';
import { messageAdmission } from '@purser/service-traffic';
import { BUDGET_SERVICE, BudgetModule, type BudgetModuleOptions } from './budget.module.ts';

export interface StartBudgetOptions extends Omit<BudgetModuleOptions, 'admission'> {
  /** Instead of the configuration's. */
  readonly host?: string;
  /** Instead of the configuration's. */
  readonly port?: number;
}

/**
 * Starts the budget service on a transport of its own; `app.get(BootstrapService).report` then says what the start set up.
 * Rejects when it can't; what was opened is closed then.
 */
export async function startBudget({ config, transport, host, port }: StartBudgetOptions): Promise<RunningService> {
  const admission = messageAdmission(config);
  return startService({
    name: BUDGET_SERVICE,
    module: BudgetModule.register({ config, transport, admission }),
    host: host ?? config.HOST,
    port: port ?? config.PORT,
    strategy: messagingStrategy(transport, { admit: admission?.admit }),
    drainDelayMs: config.DRAIN_DELAY_MS,
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
  });
}
