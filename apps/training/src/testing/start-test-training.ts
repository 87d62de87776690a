import { Caches } from '@purser/caching';
import { loadConfig } from '@purser/config';
import { cacheNamespaces } from '@purser/contracts';
import { Database } from '@purser/database';
import type { RunningService } from '@purser/health';
import { InProcessBroker, MessageClient } from '@purser/messaging';
import { trainingConfig } from '../training.config.ts';
import { TRAINING_SERVICE } from '../training.module.ts';
import { startTraining } from '../start.ts';

/** The whole service in this process, spoken to by messages as the gateway does. */
export interface TestTraining {
  readonly running: RunningService;
  readonly client: MessageClient;
  readonly database: Database;
  /** What its messages go through; replicas of one database have to share it, as they tell each other what they cached. */
  readonly broker: InProcessBroker;
  /** Writes to the database behind the service's back, which then has to forget what it has cached. */
  writeBehind(statement: string, values?: readonly unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/** What secrets are sealed under in tests. */
export const TEST_MASTER_KEY = 'training-tests-seal-under-this-key';

export interface TestTrainingOptions {
  readonly cacheFolder?: string;
  /** Default one of its own. */
  readonly broker?: InProcessBroker;
}

/** Starts the training service over an in-process transport, with `variables` as its environment. */
export async function startTestTraining(
  variables: Readonly<Record<string, string>>,
  { cacheFolder, broker = new InProcessBroker() }: TestTrainingOptions = {},
): Promise<TestTraining> {
  const transport = broker.transport(TRAINING_SERVICE);
  const config = loadConfig(trainingConfig, { PURSER_MASTER_KEY: TEST_MASTER_KEY, ...variables });
  const running = await startTraining({ config, transport, cacheFolder });
  return {
    running,
    broker,
    client: running.app.get(MessageClient, { strict: false }),
    database: running.app.get(Database, { strict: false }),
    writeBehind: async (statement, values) => {
      await running.app.get(Database, { strict: false }).query(statement, values);
      await running.app.get(Caches, { strict: false }).namespace(cacheNamespaces.workEfforts).clear();
    },
    stop: async () => {
      const { unfinished } = await running.drain();
      if (unfinished.length > 0) throw new Error(`The service did not stop in order: ${unfinished.join('; ')}`);
    },
  };
}
