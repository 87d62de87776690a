import { PoolOptionError } from '../../core/errors.ts';
import type { PoolStats } from '../../core/pool.ts';
import { HttpPool, type HttpPoolOptions } from './http-pool.ts';

/** Options of {@link HttpPools}; those of each pool beside its own. */
export interface HttpPoolsOptions extends Omit<HttpPoolOptions, 'name'> {
  /** Beyond this many the one that nobody has used for longest is closed. Default 256. */
  readonly maxOrigins?: number;
  /** How long a pool's requests have when it is closed for room, of `maxOrigins` such pools at most. Default 600 000. */
  readonly closeWithinMs?: number;
}

/** A pool for each origin, as many as are allowed. */
export class HttpPools {
  readonly #pools = new Map<string, HttpPool>();
  /** Pools that were closed for room and have requests to end yet. */
  readonly #closing = new Set<HttpPool>();
  readonly #options: HttpPoolOptions;
  readonly #maxOrigins: number;
  readonly #closeWithinMs: number;
  #closed = false;

  /** @throws PoolOptionError */
  constructor({ maxOrigins = 256, closeWithinMs = 600_000, ...options }: HttpPoolsOptions = {}) {
    if (!Number.isSafeInteger(maxOrigins) || maxOrigins < 1) {
      throw new PoolOptionError('maxOrigins', `must be a whole number of at least 1, not ${maxOrigins}`);
    }
    this.#options = options;
    this.#maxOrigins = maxOrigins;
    this.#closeWithinMs = closeWithinMs;
  }

  /**
   * The pool of an origin. May be kept as long as it is not `closed`; then ask again.
   *
   * @param origin such as `https://api.example.com`
   * @throws PoolOptionError where it is no origin
   */
  poolFor(origin: string): HttpPool {
    const known = this.#pools.get(origin) ?? this.#pools.get(spelledAsOrigin(origin));
    if (known && !known.closed) return known;
    const pool = new HttpPool(origin, this.#options);
    this.#pools.set(pool.origin, pool);
    if (this.#closed) void pool.drain(0);
    if (this.#pools.size > this.#maxOrigins) this.#makeRoom(pool.origin);
    return pool;
  }

  /** Of all pools that are open or have requests to end yet; one for each origin, the newest. */
  stats(): PoolStats[] {
    const newest = new Map([...this.#closing.keys(), ...this.#pools.values()].map((pool) => [pool.origin, pool]));
    return [...newest.values()].map((pool) => pool.stats());
  }

  /** Takes no requests any more, lets those under way end until `deadlineMs` from now, and closes every connection. */
  async drain(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const drained = [...this.#pools.values(), ...this.#closing.keys()].map((pool) => pool.drain(deadlineMs));
    this.#pools.clear();
    await Promise.all(drained);
  }

  /** Closes the one that was used longest ago: of those without requests, if there is one. */
  #makeRoom(newest: string): void {
    const others = [...this.#pools].filter(([origin]) => origin !== newest);
    const idle = others.filter(([, pool]) => isIdle(pool));
    const candidates = idle.length > 0 ? idle : others;
    const [origin, oldest] = candidates.reduce((first, next) => (next[1].lastUse < first[1].lastUse ? next : first));
    this.#pools.delete(origin);
    this.#closing.add(oldest);
    void oldest.drain(this.#closeWithinMs).finally(() => this.#closing.delete(oldest));
    const [first] = this.#closing;
    if (this.#closing.size > this.#maxOrigins) void first!.drain(0);
  }
}

/** As `HttpPool.origin` has it, where it is one. */
function spelledAsOrigin(text: string): string {
  const url = URL.parse(text);
  return url?.href === `${url?.origin}/` ? url.origin : text;
}

function isIdle(pool: HttpPool): boolean {
  const { inUse, waiting } = pool.numbers();
  return inUse === 0 && waiting === 0;
}
