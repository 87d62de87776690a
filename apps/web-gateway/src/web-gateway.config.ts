import {
  bytes,
  defineConfig,
  enumeration,
  integer,
  milliseconds,
  secret,
  string,
  urlList,
  type ConfigFrom,
} from '@purser/config';

const HOUR_MS = 3_600_000;

const variables = {
  PORT: integer({ default: 3_000, min: 0, max: 65_535, description: 'Port of the HTTP server; 0 takes a free one.' }),
  HOST: string({ default: '127.0.0.1', maxLength: 255, description: 'Address that the port is opened on.' }),
  PURSER_DATA_DIR: string({ default: './.purser', description: 'Folder for purser.pid and the usage journal.' }),
  PURSER_MASTER_KEY: secret({
    minLength: 32,
    description: 'Seals and opens the API keys of providers. The same for all processes.',
  }),
  MAX_BODY_BYTES: bytes({
    default: 10_000_000,
    min: 1_000,
    max: 1_000_000_000,
    description: 'Largest body of a request; a larger one is answered 413.',
  }),
  MAX_JSON_DEPTH: integer({
    default: 64,
    min: 8,
    max: 1_000,
    description: 'How deep arrays and objects of a body may be nested.',
  }),
  REQUEST_TIMEOUT_MS: milliseconds({
    default: 60_000,
    min: 1_000,
    max: HOUR_MS,
    description: 'How long a request may take to arrive, body included.',
  }),
  BUDGET_WAIT_MS: milliseconds({
    default: 2_000,
    max: 60_000,
    description: 'How long a request that does not fit its budgets waits for money in flight; 0: not at all.',
  }),
  PROVIDER_CONNECT_TIMEOUT_MS: milliseconds({
    default: 5_000,
    min: 1,
    max: HOUR_MS,
    description: 'Until a connection to a provider is made, TLS included.',
  }),
  PROVIDER_FIRST_BYTE_TIMEOUT_MS: milliseconds({
    default: 300_000,
    min: 1,
    max: HOUR_MS,
    description: "Until a provider's answer begins; one that is not streamed begins when the model has finished.",
  }),
  PROVIDER_IDLE_TIMEOUT_MS: milliseconds({
    default: 60_000,
    min: 1,
    max: HOUR_MS,
    description: "Between two pieces of a provider's answer.",
  }),
  PROVIDER_TOTAL_TIMEOUT_MS: milliseconds({
    default: 600_000,
    min: 1,
    max: HOUR_MS,
    description: 'For the whole call to a provider.',
  }),
  PROVIDER_QUEUE_LIMIT: integer({
    default: 1_000,
    max: 100_000,
    description: 'Requests that wait for a place at one provider while its concurrency is used up; more get 429.',
  }),
  PROVIDER_QUEUE_TIMEOUT_MS: milliseconds({
    default: 30_000,
    min: 1,
    max: HOUR_MS,
    description: 'How long a request waits for a place at a provider before it is answered 429.',
  }),
  CANCELLED_STREAM_DRAIN_MS: milliseconds({
    default: 60_000,
    min: 1,
    max: HOUR_MS,
    description:
      'How long an answer whose client went away is still read for its usage, where the provider says drain.',
  }),
  JOURNAL_SYNC: enumeration({
    values: ['interval', 'always'],
    default: 'interval',
    description: 'When the usage journal is synced to disk: every JOURNAL_SYNC_INTERVAL_MS, or before each answer.',
  }),
  JOURNAL_SYNC_INTERVAL_MS: milliseconds({
    default: 100,
    min: 1,
    max: 10_000,
    description: 'What a power cut may lose of the usage journal; what was lost stays held.',
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

interface Checked {
  readonly PROVIDER_TOTAL_TIMEOUT_MS: number;
  readonly PROVIDER_FIRST_BYTE_TIMEOUT_MS: number;
}

function check({ PROVIDER_TOTAL_TIMEOUT_MS, PROVIDER_FIRST_BYTE_TIMEOUT_MS }: Checked) {
  if (PROVIDER_FIRST_BYTE_TIMEOUT_MS <= PROVIDER_TOTAL_TIMEOUT_MS) return [];
  return [{ name: 'PROVIDER_TOTAL_TIMEOUT_MS' as const, allowed: 'at least PROVIDER_FIRST_BYTE_TIMEOUT_MS' }];
}

/** The variables of the web gateway, wherever it runs. */
export const webGatewayConfig = defineConfig(variables, { title: 'web-gateway', check });

/** The values of {@link webGatewayConfig}. */
export type WebGatewayConfig = ConfigFrom<typeof webGatewayConfig>;

/** The variables of the web gateway as a process of its own. */
export const webGatewayProcessConfig = defineConfig(
  {
    ...variables,
    NATS_URL: urlList({
      protocols: ['nats:', 'tls:'],
      description: 'The NATS servers with JetStream that the services talk over.',
    }),
  },
  { title: 'web-gateway', check },
);

/** Injects the {@link WebGatewayConfig}. */
export const WEB_GATEWAY_CONFIG = Symbol('WEB_GATEWAY_CONFIG');
