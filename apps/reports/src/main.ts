import 'reflect-metadata';
import { ConfigError, loadConfig, printConfigIfAsked } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { reportsProcessConfig } from './reports.config.ts';
import { REPORTS_SERVICE } from './reports.module.ts';
import { startReports } from './start.ts';

function configOrExit() {
  try {
    const write = (text: string) => process.stdout.write(text);
    if (printConfigIfAsked(process.argv, [reportsProcessConfig], process.env, write)) process.exit(0);
    return loadConfig(reportsProcessConfig, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = configOrExit();
await runProcess({
  name: REPORTS_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: REPORTS_SERVICE });
    return [await startReports({ config, transport })];
  },
});
