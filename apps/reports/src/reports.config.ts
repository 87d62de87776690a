import {
  boolean,
  defineConfig,
  integer,
  loadConfig,
  milliseconds,
  string,
  url,
  urlList,
  type ConfigFrom,
} from '@purser/config';
import { cacheVariables } from '@purser/service-caching';
import { messageVariables } from '@purser/service-traffic';

const variables = {
  PORT: integer({
    default: 0,
    min: 0,
    max: 65_535,
    description: 'Port of the probes and metrics; 0 takes a free one.',
  }),
  HOST: string({ default: '127.0.0.1', maxLength: 255, description: 'Address that the port is opened on.' }),
  DATABASE_URL: url({
    protocols: ['postgresql:', 'postgres:'],
    description: 'The PostgreSQL (15 or later) that holds the schema `reports`.',
  }),
  DATABASE_POOL_MAX: integer({ default: 10, min: 2, max: 1_000, description: 'Connections to it at most.' }),
  DATABASE_MIGRATE_AT_START: boolean({
    default: true,
    description: 'Brings the schema up to date at the start. Off: the start waits until somebody else has.',
  }),
  ...cacheVariables,
  ...messageVariables,
  DRAIN_DELAY_MS: milliseconds({
    default: 0,
    max: 60_000,
    description: 'Between falling out of readiness and taking no new work, at a stop.',
  }),
  DRAIN_TIMEOUT_MS: milliseconds({
    default: 30_000,
    min: 100,
    max: 600_000,
    description: 'How long a stop waits for work in flight.',
  }),
};

/** The variables of the reports service, wherever it runs. */
export const reportsConfig = defineConfig(variables, { title: 'reports' });

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
    NATS_URL: urlList({
      protocols: ['nats:', 'tls:'],
      description: 'The NATS servers with JetStream that the services talk over.',
    }),
  },
  { title: 'reports' },
);
