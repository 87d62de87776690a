import 'reflect-metadata';
import { join } from 'node:path';
import { configOfProcess } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { trainingProcessConfig } from './training.config.ts';
import { TRAINING_SERVICE } from './training.module.ts';
import { startTraining } from './start.ts';

const config = configOfProcess(trainingProcessConfig);
await runProcess({
  name: TRAINING_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: TRAINING_SERVICE });
    return [
      await startTraining({ config, transport, cacheFolder: join(config.PURSER_DATA_DIR, 'cache', TRAINING_SERVICE) }),
    ];
  },
});
