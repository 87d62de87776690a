import 'reflect-metadata';
import { configOfProcess } from '@purser/config';
import { runProcess } from '@purser/health';
import { natsTransport } from '@purser/messaging';
import { BootstrapService, type BootstrapReport } from './bootstrap/bootstrap.service.ts';
import { budgetProcessConfig } from './budget.config.ts';
import { BUDGET_SERVICE } from './budget.module.ts';
import { startBudget } from './start.ts';

function tell({ adminKey, notes }: BootstrapReport): void {
  if (adminKey) process.stdout.write(`The admin key, shown this once and kept in ${adminKey.file}: ${adminKey.key}\n`);
  for (const note of notes) process.stdout.write(`${note}\n`);
}

const config = configOfProcess(budgetProcessConfig);
await runProcess({
  name: BUDGET_SERVICE,
  dataDir: config.PURSER_DATA_DIR,
  start: async () => {
    const transport = natsTransport({ servers: config.NATS_URL, name: BUDGET_SERVICE });
    const service = await startBudget({ config, transport });
    tell(service.app.get(BootstrapService, { strict: false }).report);
    return [service];
  },
});
