import { HttpPools, type HttpPool } from '@purser/pooling/http';
import type { PoolStats } from '@purser/pooling';

/** Time limits of one call to a provider, in milliseconds. */
export interface ProviderTimeouts {
  /** Until a connection is made, TLS included; and until one comes free where as many are open as may be. */
  readonly connectMs: number;
  /** From the request's last byte to the answer's head. A plain answer's head comes when the model has finished. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer. */
  readonly idleMs: number;
  /** The whole call. */
  readonly totalMs: number;
}

/**
 * To one origin, so that it can't take all file descriptors of the process: far more than the providers' slots let through
 * where each provider has an origin of its own.
 */
const MOST_CONNECTIONS = 2_000;

/**
 * Connections to providers, kept alive, a pool for each origin. HTTP/1.1 only, so that one lost connection is one lost
 * request.
 */
export class ProviderConnections {
  readonly #pools: HttpPools;
  readonly #closeWithinMs: number;

  constructor({ connectMs, firstByteMs, idleMs, totalMs }: ProviderTimeouts) {
    this.#closeWithinMs = totalMs;
    this.#pools = new HttpPools({
      maxOrigins: 256,
      closeWithinMs: totalMs,
      ...{ max: MOST_CONNECTIONS, queueMax: MOST_CONNECTIONS, createsAtOnce: MOST_CONNECTIONS },
      // A provider that is back is found soon: what keeps calls away from one that is not is its breaker.
      ...{ acquireTimeoutMs: connectMs, createTimeoutMs: connectMs, retryBaseMs: 10, retryMaxMs: 500 },
      ...{ headersTimeoutMs: firstByteMs, bodyTimeoutMs: idleMs },
    });
  }

  /**
   * The pool of an origin. May be kept as long as it is not `closed`; then ask again.
   * @param origin such as `https://api.example.com`
   */
  poolFor(origin: string): HttpPool {
    return this.#pools.poolFor(origin);
  }

  /** Of the pool of each origin. */
  stats(): PoolStats[] {
    return this.#pools.stats();
  }

  /** Lets what is in flight end, then closes every connection. */
  async close(): Promise<void> {
    await this.#pools.drain(this.#closeWithinMs);
  }
}
