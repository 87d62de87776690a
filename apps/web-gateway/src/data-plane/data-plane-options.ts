import type { AnswerCacheOptions } from '../answer-cache/answer-cache.ts';
import type { ProviderTimeouts } from '../providers/provider-connections.ts';
import type { ProviderResilienceOptions } from '../providers/provider-health.ts';
import type { WebGatewayConfig } from '../web-gateway.config.ts';

/** The limits of the data plane. */
export interface DataPlaneOptions {
  /** How deep arrays and objects of a request's body may be nested. */
  readonly maxJsonDepth: number;
  readonly timeouts: ProviderTimeouts;
  readonly resilience: ProviderResilienceOptions;
  readonly answers: AnswerCacheOptions;
  /** How long the answer to a client that went away is still read to learn its usage (`cancelledStreams: "drain"`). */
  readonly drainMs: number;
}

/** The limits as configured. */
export function dataPlaneOptions(config: WebGatewayConfig): DataPlaneOptions {
  return {
    maxJsonDepth: config.MAX_JSON_DEPTH,
    timeouts: {
      connectMs: config.PROVIDER_CONNECT_TIMEOUT_MS,
      firstByteMs: config.PROVIDER_FIRST_BYTE_TIMEOUT_MS,
      idleMs: config.PROVIDER_IDLE_TIMEOUT_MS,
      totalMs: config.PROVIDER_TOTAL_TIMEOUT_MS,
    },
    resilience: {
      retries: config.PROVIDER_RETRIES,
      retryRatio: config.PROVIDER_RETRY_BUDGET_PERCENT / 100,
      retryBaseMs: config.PROVIDER_RETRY_BASE_MS,
      maxRetryAfterMs: config.PROVIDER_RETRY_AFTER_MAX_MS,
      slowFirstByteMs: config.PROVIDER_SLOW_FIRST_BYTE_MS,
      breaker: {
        failureRate: config.PROVIDER_BREAKER_FAILURE_PERCENT / 100,
        minimumCalls: config.PROVIDER_BREAKER_MINIMUM_CALLS,
        openMs: config.PROVIDER_BREAKER_OPEN_MS,
        maxOpenMs: config.PROVIDER_BREAKER_MAX_OPEN_MS,
        // To wait for a connection, to make one, to send the request and to wait for the answer's head.
        probeTimeoutMs: 2 * config.PROVIDER_CONNECT_TIMEOUT_MS + 2 * config.PROVIDER_FIRST_BYTE_TIMEOUT_MS,
      },
    },
    answers: { maxBytes: config.ANSWER_CACHE_MAX_BYTES, waitMs: config.PROVIDER_TOTAL_TIMEOUT_MS },
    drainMs: config.CANCELLED_STREAM_DRAIN_MS,
  };
}
