import { defineConfig, loadConfig, string, type ConfigFrom } from '@purser/config';
import { checkDatabase, databaseVariables } from '@purser/database';
import { drainVariables, probeVariables } from '@purser/health';
import { natsVariables } from '@purser/messaging';
import { cacheVariables } from '@purser/service-caching';
import { messageVariables } from '@purser/service-traffic';

const variables = {
  ...probeVariables,
  ...databaseVariables('reports'),
  ...cacheVariables,
  ...messageVariables,
  ...drainVariables,
};

/** The variables of the reports service, wherever it runs. */
export const reportsConfig = defineConfig(variables, { title: 'reports', check: checkDatabase });

/** The values of {@link reportsConfig}. */
export type ReportsConfig = ConfigFrom<typeof reportsConfig>;

/** The values that the environment has. @throws ConfigError naming every variable that is missing or bad */
export function reportsConfigFromEnvironment(): ReportsConfig {
  return loadConfig(reportsConfig, process.env);
}

/** The variables of the reports service as a process of its own. */
export const reportsProcessConfig = defineConfig(
  {
    ...variables,
    PURSER_DATA_DIR: string({ default: './.purser', description: 'Folder for purser.pid and last-exit.json.' }),
    ...natsVariables,
  },
  { title: 'reports', check: checkDatabase },
);
