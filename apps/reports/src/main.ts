import 'reflect-metadata';
import { configOfProcess } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { reportsProcessConfig } from './reports.config.ts';
import { REPORTS_SERVICE } from './reports.module.ts';
import { startReports } from './start.ts';

const config = configOfProcess(reportsProcessConfig);
await runProcess({
  name: REPORTS_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: REPORTS_SERVICE });
    return [await startReports({ config, transport })];
  },
});
