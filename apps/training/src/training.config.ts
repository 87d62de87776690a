import {
  boolean,
  bytes,
  defineConfig,
  integer,
  list,
  loadConfig,
  milliseconds,
  secret,
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
    description: 'The PostgreSQL (15 or later) that holds the schema `training`.',
  }),
  DATABASE_POOL_MAX: integer({ default: 10, min: 2, max: 1_000, description: 'Connections to it at most.' }),
  DATABASE_MIGRATE_AT_START: boolean({
    default: true,
    description: 'Brings the schema up to date at the start. Off: the start waits until somebody else has.',
  }),
  PURSER_SOURCE_ROOTS: list({
    default: [],
    pattern: /\/[^\0]*/,
    allowed: 'an absolute path',
    description: 'Folders that sources may be in, links followed. Unset: any folder that the process can read.',
  }),
  SOURCE_WATCH_MAX_FOLDERS: integer({
    default: 50_000,
    min: 0,
    max: 1_000_000,
    description: 'Folders that are watched at most, over all sources; 0: none, they are read every SOURCE_RESYNC_MS.',
  }),
  SOURCE_RESYNC_MS: milliseconds({
    default: 300_000,
    min: 1_000,
    max: 86_400_000,
    description: 'How often a folder is read though no change was seen in it.',
  }),
  PURSER_MASTER_KEY: secret({
    minLength: 32,
    description: 'Opens the tokens and webhook secrets of sources. The same for all processes.',
  }),
  GITHUB_SYNC_INTERVAL_MS: milliseconds({
    default: 300_000,
    min: 1_000,
    max: 86_400_000,
    description: 'How often a GitHub source is asked for what has changed.',
  }),
  GITHUB_SWEEP_INTERVAL_MS: milliseconds({
    default: 86_400_000,
    min: 1_000,
    max: 2_592_000_000,
    description: 'How often all issues of a GitHub source are gone through, to notice those that are gone.',
  }),
  GITHUB_TIMEOUT_MS: milliseconds({
    default: 7_000,
    min: 100,
    max: 7_000,
    description: 'How long one request to GitHub may take. It is sent up to three times.',
  }),
  ...cacheVariables,
  ...messageVariables,
  CACHE_DISK_BYTES: bytes({
    default: 1_000_000_000,
    min: 1_000_000,
    max: 1_000_000_000_000,
    description:
      'Disk for what would have to be read again after a restart: what files of work efforts say, and what GitHub answered.',
  }),
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

/** The variables of the training service, wherever it runs. */
export const trainingConfig = defineConfig(variables, { title: 'training' });

/** The values of {@link trainingConfig}. */
export type TrainingConfig = ConfigFrom<typeof trainingConfig>;

/** The database to migrate, from the environment: that needs no secret. @throws ConfigError */
export function databaseUrlFromEnvironment(): string {
  const { DATABASE_URL } = variables;
  return loadConfig(defineConfig({ DATABASE_URL }, { title: 'training' }), process.env).DATABASE_URL;
}

/** Injects the {@link TrainingConfig}. */
export const TRAINING_CONFIG = Symbol('TRAINING_CONFIG');

/** The variables of the training service as a process of its own. */
export const trainingProcessConfig = defineConfig(
  {
    ...variables,
    PURSER_DATA_DIR: string({ default: './.purser', description: 'Folder for purser.pid and last-exit.json.' }),
    NATS_URL: urlList({
      protocols: ['nats:', 'tls:'],
      description: 'The NATS servers with JetStream that the services talk over.',
    }),
  },
  { title: 'training' },
);
