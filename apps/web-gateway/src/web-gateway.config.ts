import { isIP } from 'node:net';
import {
  boolean,
  bytes,
  defineConfig,
  enumeration,
  integer,
  list,
  milliseconds,
  secret,
  string,
  type ConfigFrom,
} from '@purser/config';
import { drainVariables, probeVariables } from '@purser/health';
import { natsVariables } from '@purser/messaging';
import { cacheVariables } from '@purser/service-caching';

const HOUR_MS = 3_600_000;

const variables = {
  PORT: integer({ default: 3_000, min: 0, max: 65_535, description: 'Port of the HTTP server; 0 takes a free one.' }),
  HOST: probeVariables.HOST,
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
  PROVIDER_RETRIES: integer({
    default: 1,
    min: 0,
    max: 5,
    description:
      'How often a request is tried again at the same provider where that cost nothing; then comes the next target.',
  }),
  PROVIDER_RETRY_BUDGET_PERCENT: integer({
    default: 10,
    min: 1,
    max: 100,
    description:
      'Retries of a provider, as a share of its requests in the latest 10 s; one a second is always allowed.',
  }),
  PROVIDER_RETRY_BASE_MS: milliseconds({
    default: 100,
    min: 1,
    max: 10_000,
    description:
      'The longest wait before a first retry (a random part of it is waited); doubled with each further one.',
  }),
  PROVIDER_RETRY_AFTER_MAX_MS: milliseconds({
    default: 2_000,
    max: 60_000,
    description: 'The longest Retry-After of a provider that is waited for before a retry there.',
  }),
  PROVIDER_SLOW_FIRST_BYTE_MS: milliseconds({
    default: 120_000,
    max: HOUR_MS,
    description:
      'A streamed answer that has not begun by then is slow: where half of those in the latest 10 s are, the provider is not called for a while. 0: none is.',
  }),
  PROVIDER_BREAKER_FAILURE_PERCENT: integer({
    default: 50,
    min: 1,
    max: 100,
    description:
      'Failed calls in the latest 10 s, as a share of all, from which on a provider (connections) or its model (answers) is not called for a while.',
  }),
  PROVIDER_BREAKER_MINIMUM_CALLS: integer({
    default: 20,
    min: 1,
    max: 1_000_000,
    description: 'Calls in the latest 10 s below which that share says nothing.',
  }),
  PROVIDER_BREAKER_OPEN_MS: milliseconds({
    default: 1_000,
    min: 1,
    max: HOUR_MS,
    description: 'For how long a provider or model is not called that failed; then one call tries it.',
  }),
  PROVIDER_BREAKER_MAX_OPEN_MS: milliseconds({
    default: 30_000,
    min: 1,
    max: HOUR_MS,
    description: 'The same at most: it is doubled with each such call that fails too.',
  }),
  SLOT_QUEUE_LIMIT: integer({
    default: 1_000,
    min: 1,
    max: 100_000,
    description:
      'Requests that wait for a place of one provider, key or account whose concurrency is used up; more get 429.',
  }),
  SLOT_QUEUE_TIMEOUT_MS: milliseconds({
    default: 30_000,
    max: HOUR_MS,
    description: 'How long a request waits for a place before it is answered 429; 0: not at all.',
  }),
  ADDRESS_REQUESTS_PER_MINUTE: integer({
    default: 6_000,
    min: 0,
    max: 1_000_000_000,
    description: 'Requests of one address without a key, or with a bad one; more get 429. 0: not limited.',
  }),
  TRUSTED_PROXIES: list({
    default: [],
    pattern: /[0-9a-f.:]+(?:\/\d{1,3})?/i,
    allowed: 'addresses, or networks such as 10.0.0.0/8,',
    description:
      'Proxies in front, whose X-Forwarded-For says where a request is from; without it the header is not read.',
  }),
  CANCELLED_STREAM_DRAIN_MS: milliseconds({
    default: 60_000,
    min: 1,
    max: HOUR_MS,
    description:
      'How long an answer whose client went away is still read for its usage, where the provider says drain.',
  }),
  ANSWER_CACHE_MAX_BYTES: bytes({
    default: 1_000_000,
    min: 1_000,
    max: 32_000_000,
    description: 'The largest answer that the answer cache keeps, and the largest request that it looks up.',
  }),
  COMPRESSION: enumeration({
    values: ['on', 'control-plane', 'off'],
    default: 'on',
    description: 'Which answers are compressed for clients that accept it: all, all but those of /v1, or none.',
  }),
  COMPRESSION_MIN_BYTES: bytes({
    default: 1_024,
    max: 1_000_000_000,
    description: 'Answers of more bytes than this are compressed.',
  }),
  COMPRESSION_LEVEL: integer({ default: 6, min: 1, max: 9, description: 'Level of gzip and deflate.' }),
  COMPRESSION_BROTLI_QUALITY: integer({
    default: 4,
    max: 11,
    min: 0,
    description: 'Quality of br; 4 takes about the time of gzip at level 6, and is smaller.',
  }),
  CORS_ORIGINS: list({
    default: [],
    pattern: /\*|https?:\/\/[a-z0-9.-]+(?::\d{1,5})?|https?:\/\/\[[0-9a-f:]+\](?::\d{1,5})?/,
    allowed: '* or an origin in lower case, such as https://purser.example.com,',
    description: 'Origins whose pages may call Purser (CORS); * for all. Without it none but its own.',
  }),
  CORS_CREDENTIALS: boolean({
    default: false,
    description: 'Whether such pages may send cookies too; not with CORS_ORIGINS=*.',
  }),
  CORS_MAX_AGE_SECONDS: integer({
    default: 600,
    max: 86_400,
    min: 0,
    unit: 's',
    description: 'How long browsers may remember the answer to a preflight.',
  }),
  SECURITY_HEADERS: boolean({
    default: true,
    description: 'Whether answers carry security headers; off where a proxy in front sets them.',
  }),
  FRAME_ANCESTORS: list({
    default: ['none'],
    pattern: /none|self|https?:\/\/[a-z0-9.*-]+(?::\d{1,5})?/,
    allowed: 'none, self or an origin,',
    description: 'Who may show Purser in a frame.',
  }),
  REFERRER_POLICY: enumeration({
    values: ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'],
    default: 'no-referrer',
    description: "What browsers tell other sites of the page's address.",
  }),
  HSTS_MAX_AGE_SECONDS: integer({
    default: 0,
    max: 63_072_000,
    min: 0,
    unit: 's',
    description: 'How long browsers insist on HTTPS (HSTS); 0: not said. TLS is for a proxy in front.',
  }),
  HSTS_INCLUDE_SUBDOMAINS: boolean({
    default: false,
    description: 'Whether browsers insist on HTTPS for all subdomains too; only where HSTS_MAX_AGE_SECONDS is set.',
  }),
  EXPORT_TIMEOUT_MS: milliseconds({
    default: 600_000,
    min: 1_000,
    max: HOUR_MS,
    description: 'How long the export of usage rows may take, however slowly it is read, before it is cut off.',
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
  ...cacheVariables,
  ...drainVariables,
};

interface Checked {
  readonly TRUSTED_PROXIES: readonly string[];
  readonly PROVIDER_TOTAL_TIMEOUT_MS: number;
  readonly PROVIDER_FIRST_BYTE_TIMEOUT_MS: number;
  readonly CORS_ORIGINS: readonly string[];
  readonly CORS_CREDENTIALS: boolean;
  readonly FRAME_ANCESTORS: readonly string[];
  readonly HSTS_MAX_AGE_SECONDS: number;
  readonly HSTS_INCLUDE_SUBDOMAINS: boolean;
}

function check(values: Checked) {
  const { CORS_ORIGINS: origins, FRAME_ANCESTORS: ancestors } = values;
  return [
    ...(values.TRUSTED_PROXIES.every(isNetwork)
      ? []
      : [{ name: 'TRUSTED_PROXIES' as const, allowed: 'IP addresses, or networks such as 10.0.0.0/8' }]),
    ...(values.PROVIDER_FIRST_BYTE_TIMEOUT_MS > values.PROVIDER_TOTAL_TIMEOUT_MS
      ? [{ name: 'PROVIDER_TOTAL_TIMEOUT_MS' as const, allowed: 'at least PROVIDER_FIRST_BYTE_TIMEOUT_MS' }]
      : []),
    ...(origins.includes('*') && origins.length > 1
      ? [{ name: 'CORS_ORIGINS' as const, allowed: '* alone, or origins' }]
      : []),
    ...(origins.includes('*') && values.CORS_CREDENTIALS
      ? [{ name: 'CORS_CREDENTIALS' as const, allowed: 'off where CORS_ORIGINS is *: name the origins instead' }]
      : []),
    ...(ancestors.includes('none') && ancestors.length > 1
      ? [{ name: 'FRAME_ANCESTORS' as const, allowed: 'none alone, or self and origins' }]
      : []),
    ...(values.HSTS_INCLUDE_SUBDOMAINS && values.HSTS_MAX_AGE_SECONDS === 0
      ? [{ name: 'HSTS_INCLUDE_SUBDOMAINS' as const, allowed: 'off where HSTS_MAX_AGE_SECONDS is 0' }]
      : []),
  ];
}

function isNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const version = isIP(address);
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128));
}

/** The variables of the web gateway, wherever it runs. */
export const webGatewayConfig = defineConfig(variables, { title: 'web-gateway', check });

/** The values of {@link webGatewayConfig}. */
export type WebGatewayConfig = ConfigFrom<typeof webGatewayConfig>;

/** The variables of the web gateway as a process of its own. */
export const webGatewayProcessConfig = defineConfig(
  {
    ...variables,
    ...natsVariables,
  },
  { title: 'web-gateway', check },
);

/** Injects the {@link WebGatewayConfig}. */
export const WEB_GATEWAY_CONFIG = Symbol('WEB_GATEWAY_CONFIG');
