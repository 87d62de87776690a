import { ConfigError } from '@purser/config';
import { migrate } from '@purser/database';
import { migrations } from './migrations/index.ts';
import { databaseUrlFromEnvironment } from './training.config.ts';
import { TRAINING_SERVICE } from './training.module.ts';

// Brings the schema up to date, or with --down takes the last step back.
const direction = process.argv.includes('--down') ? 'down' : 'up';
try {
  const done = await migrate({ url: databaseUrlFromEnvironment(), schema: TRAINING_SERVICE, migrations, direction });
  const steps = done.length > 0 ? done.join(', ') : 'nothing to do';
  process.stdout.write(`Migrated training ${direction}: ${steps}.\n`);
} catch (error) {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
