import 'reflect-metadata';
import { ConfigError, loadConfig, printConfigIfAsked } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { trainingProcessConfig } from './training.config.ts';
import { TRAINING_SERVICE } from './training.module.ts';
import { startTraining } from './start.ts';

function configOrExit() {
  try {
    const write = (text: string) => process.stdout.write(text);
    if (printConfigIfAsked(process.argv, [trainingProcessConfig], process.env, write)) process.exit(0);
    return loadConfig(trainingProcessConfig, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = configOrExit();
await runProcess({
  name: TRAINING_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: TRAINING_SERVICE });
    return [await startTraining({ config, transport })];
  },
});
