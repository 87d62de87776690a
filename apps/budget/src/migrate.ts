import { ConfigError } from '@purser/config';
import { migrate } from '@purser/database';
import { databaseUrlFromEnvironment } from './budget.config.ts';
import { BUDGET_SERVICE } from './budget.module.ts';
import { migrations } from './migrations/index.ts';

// Brings the schema up to date, or with --down takes the last step back.
const direction = process.argv.includes('--down') ? 'down' : 'up';
try {
  const done = await migrate({ url: databaseUrlFromEnvironment(), schema: BUDGET_SERVICE, migrations, direction });
  const steps = done.length > 0 ? done.join(', ') : 'nothing to do';
  process.stdout.write(`Migrated budget ${direction}: ${steps}.\n`);
} catch (error) {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
