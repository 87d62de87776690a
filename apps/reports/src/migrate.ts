import { ConfigError } from '@purser/config';
import { migrate } from '@purser/database';
import { migrations } from './migrations/index.ts';
import { reportsConfigFromEnvironment } from './reports.config.ts';
import { REPORTS_SERVICE } from './reports.module.ts';

// Brings the schema up to date, or with --down takes the last step back.
const direction = process.argv.includes('--down') ? 'down' : 'up';
try {
  const { DATABASE_URL: url } = reportsConfigFromEnvironment();
  const done = await migrate({ url, schema: REPORTS_SERVICE, migrations, direction });
  const steps = done.length > 0 ? done.join(', ') : 'nothing to do';
  process.stdout.write(`Migrated reports ${direction}: ${steps}.\n`);
} catch (error) {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
