// npm run migrate: sets up what is missing, then migrates the services' schemas. `-- --down` undoes the last step,
// `-- --service budget` does one service alone.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './setup/run.mjs';
import { setUp } from './setup/set-up.mjs';
import { root, say } from './setup/workspace.mjs';

const owners = ['budget', 'reports', 'training'];

/** @returns {{ services: string[], down: boolean }} */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: { down: { type: 'boolean', default: false }, service: { type: 'string', multiple: true } },
    });
    const services = values.service ?? owners;
    const unknown = services.find((service) => !owners.includes(service));
    if (unknown !== undefined) throw new Error(`--service is '${unknown}': it must be one of ${owners.join(', ')}`);
    return { services, down: values.down };
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

const { services, down } = readArguments();
await setUp();
for (const service of services) {
  const script = join(root, 'apps', service, 'dist/migrate.js');
  const { code } = await run(process.execPath, ['--enable-source-maps', script, ...(down ? ['--down'] : [])], {
    env: process.env,
    output: 'shown',
  });
  if (code !== 0) {
    say(`Migrating ${service} failed with exit code ${code}; what comes after it was left alone.`);
    process.exit(code);
  }
}
