import { budgetConfig, type BudgetConfig } from '@purser/budget';
import {
  boolean,
  defineConfig,
  integer,
  secret,
  string,
  url,
  urlList,
  type ConfigFrom,
  type ConfigIssue,
} from '@purser/config';
import { reportsConfig, type ReportsConfig } from '@purser/reports';
import { trainingConfig, type TrainingConfig } from '@purser/training';
import { webGatewayConfig, type WebGatewayConfig } from '@purser/web-gateway';

/** What this process decides itself, or what means something else here than for a service of its own. */
const own = {
  PORT: webGatewayConfig.variables.PORT,
  HOST: webGatewayConfig.variables.HOST,
  PURSER_DATA_DIR: string({
    default: './.purser',
    description:
      'Folder for purser.pid, the embedded database, the usage journal and the keys made at the first start.',
  }),
  DATABASE_URL: url({
    optional: true,
    protocols: ['postgresql:', 'postgres:'],
    description: 'A PostgreSQL (15 or later) for all services. Unset: an embedded one, in the data folder.',
  }),
  DATABASE_POOL_MIN: integer({
    default: 1,
    min: 0,
    max: 1_000,
    description:
      'Connections that each of the three services keeps open. Each is a process of the database, on this machine too.',
  }),
  NATS_URL: urlList({
    optional: true,
    protocols: ['nats:', 'tls:'],
    description:
      'NATS servers with JetStream to talk over, so that processes of other machines join in. Unset: memory.',
  }),
  PURSER_MASTER_KEY: secret({
    optional: true,
    minLength: 32,
    description: 'Seals the API keys of providers. Unset: the first start makes one in the data folder.',
  }),
  PURSER_SIMULATOR: boolean({
    default: true,
    description: 'Runs the provider simulator where there never was another provider, and as long as it is one.',
  }),
};

/** The variables of the four services in one process: each stands here once and holds for all of them. */
export const allInOneConfig = defineConfig(
  {
    // Twice, to come first and to win.
    ...own,
    ...webGatewayConfig.variables,
    ...budgetConfig.variables,
    ...reportsConfig.variables,
    ...trainingConfig.variables,
    ...own,
  },
  {
    title: 'all-in-one',
    check: (config) => {
      // None of these looks at what is decided only later.
      const services = [webGatewayConfig, budgetConfig, reportsConfig, trainingConfig];
      const found: ConfigIssue[] = services.flatMap((service) => service.check(config as never));
      // Of what several services have in common each of them says the same.
      const issues = [...new Map(found.map((issue) => [`${issue.name} ${issue.allowed}`, issue])).values()];
      if (config.DATABASE_REPLICA_URL !== undefined && config.DATABASE_URL === undefined) {
        issues.push({
          name: 'DATABASE_REPLICA_URL',
          allowed: 'nothing without a DATABASE_URL, which it is a replica of',
        });
      }
      if (config.NATS_URL !== undefined && config.PURSER_MASTER_KEY === undefined) {
        const allowed = 'a secret that all processes have in common, since NATS_URL joins them';
        issues.push({ name: 'PURSER_MASTER_KEY', allowed });
      }
      return issues as ConfigIssue<keyof typeof config>[];
    },
  },
);

/** The values of {@link allInOneConfig}. */
export type AllInOneConfig = ConfigFrom<typeof allInOneConfig>;

/** What was decided at the start where the configuration left it open. */
export interface Decided {
  readonly databaseUrl: string;
  readonly masterKey: string;
}

/** What a process has is shared among these. */
const SERVICES = 4;

/** Each service's own configuration. Only the gateway is reached from outside: the others' probes take free ports. */
export function configOfServices(
  config: AllInOneConfig,
  { databaseUrl, masterKey }: Decided,
): { budget: BudgetConfig; reports: ReportsConfig; training: TrainingConfig; webGateway: WebGatewayConfig } {
  const CACHE_MEMORY_BYTES = Math.floor(config.CACHE_MEMORY_BYTES / SERVICES);
  const webGateway = { ...config, DATABASE_URL: databaseUrl, PURSER_MASTER_KEY: masterKey, CACHE_MEMORY_BYTES };
  const inside = { ...webGateway, PORT: 0, HOST: '127.0.0.1' };
  return { budget: inside, reports: inside, training: inside, webGateway };
}
