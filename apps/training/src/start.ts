import { startService, type RunningService } from '@purser/health';
import { messagingStrategy } from '@purser/messaging';
import { messageAdmission } from '@purser/service-traffic';
import { TRAINING_SERVICE, TrainingModule, type TrainingModuleOptions } from './training.module.ts';

export interface StartTrainingOptions extends Omit<TrainingModuleOptions, 'admission'> {
  /** Instead of the configuration's. */
  readonly host?: string;
  /** Instead of the configuration's. */
  readonly port?: number;
}

/** Starts the training service on a transport of its own. Rejects when it can't; what was opened is closed then. */
export async function startTraining({ host, port, ...options }: StartTrainingOptions): Promise<RunningService> {
  const { config, transport } = options;
  const admission = messageAdmission(config);
  return startService({
    name: TRAINING_SERVICE,
    module: TrainingModule.register({ ...options, admission }),
    host: host ?? config.HOST,
    port: port ?? config.PORT,
    strategy: messagingStrategy(transport, { admit: admission?.admit }),
    drainDelayMs: config.DRAIN_DELAY_MS,
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
  });
}
