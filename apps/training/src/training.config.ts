import {
  bytes,
  defineConfig,
  integer,
  list,
  loadConfig,
  milliseconds,
  secret,
  string,
  type ConfigFrom,
} from '@purser/config';
import { checkDatabase, databaseVariables } from '@purser/database';
import { drainVariables, probeVariables } from '@purser/health';
import { natsVariables } from '@purser/messaging';
import { cacheVariables } from '@purser/service-caching';
import { messageVariables } from '@purser/service-traffic';

const variables = {
  ...probeVariables,
  ...databaseVariables('training'),
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
  ...drainVariables,
};

/** The variables of the training service, wherever it runs. */
export const trainingConfig = defineConfig(variables, { title: 'training', check: checkDatabase });

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
    ...natsVariables,
  },
  { title: 'training', check: checkDatabase },
);
