import { loadConfig } from '@purser/config';
import { Database } from '@purser/database';
import type { RunningService } from '@purser/health';
import { EventBus, InProcessBroker, MessageClient } from '@purser/messaging';
import { reportsConfig } from '../reports.config.ts';
import { REPORTS_SERVICE } from '../reports.module.ts';
import { startReports } from '../start.ts';

/** The whole service in this process, spoken to by messages as the gateway does. */
export interface TestReports {
  readonly running: RunningService;
  readonly client: MessageClient;
  readonly events: EventBus;
  readonly database: Database;
  stop(): Promise<void>;
}

/** Starts the reports service over an in-process transport, with `variables` as its environment. */
export async function startTestReports(variables: Readonly<Record<string, string>>): Promise<TestReports> {
  const transport = new InProcessBroker().transport(REPORTS_SERVICE);
  const config = loadConfig(reportsConfig, variables);
  const running = await startReports({ config, transport });
  return {
    running,
    client: running.app.get(MessageClient, { strict: false }),
    events: running.app.get(EventBus, { strict: false }),
    database: running.app.get(Database, { strict: false }),
    stop: async () => {
      const { unfinished } = await running.drain();
      if (unfinished.length > 0) throw new Error(`The service did not stop in order: ${unfinished.join('; ')}`);
    },
  };
}
