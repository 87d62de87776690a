import { startService, type RunningService } from '@purser/health';
import { messagingStrategy } from '@purser/messaging';
import { messageAdmission } from '@purser/service-traffic';
import { REPORTS_SERVICE, ReportsModule, type ReportsModuleOptions } from './reports.module.ts';

export interface StartReportsOptions extends Omit<ReportsModuleOptions, 'admission'> {
  /** Instead of the configuration's. */
  readonly host?: string;
  /** Instead of the configuration's. */
  readonly port?: number;
}

/** Starts the reports service on a transport of its own. Rejects when it can't; what was opened is closed then. */
export async function startReports({ config, transport, host, port }: StartReportsOptions): Promise<RunningService> {
  const admission = messageAdmission(config);
  return startService({
    name: REPORTS_SERVICE,
    module: ReportsModule.register({ config, transport, admission }),
    host: host ?? config.HOST,
    port: port ?? config.PORT,
    strategy: messagingStrategy(transport, { admit: admission?.admit }),
    drainDelayMs: config.DRAIN_DELAY_MS,
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
  });
}
