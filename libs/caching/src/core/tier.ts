import type { Breaker } from './breaker.ts';
import { BreakerOpen } from './breaker.ts';
import type { Invalidation } from './invalidation.ts';
import { LookupBatches } from './lookup-batches.ts';
import { within } from './options.ts';
import { PendingInvalidations, type WhenDone } from './pending-invalidations.ts';
import type { LoadLock, Lookup, Position, Store, Storing } from './store.ts';
import type { TierStatistics } from './statistics.ts';

/** A tier below memory, as it is given. */
export interface TierOptions {
  readonly store: Store;
  /** Of which namespaces it keeps entries. Default: of all. */
  readonly namespaces?: (name: string) => boolean;
  /** The longest that it keeps an entry fresh, whatever its life. Default 3 600 000 for what is not shared, else no limit. */
  readonly maxAgeMs?: number;
  /** After which a call to it has failed. Default 500 for what is not shared, 250 for what is. */
  readonly timeoutMs?: number;
  /** Called once the store is closed: to close what it stands on. */
  readonly onClosed?: () => Promise<void>;
}

export interface TierContext {
  readonly breaker: Breaker;
  /** Told of each failure that is not the breaker's. */
  readonly onProblem: (tier: string, error: unknown) => void;
}

/** How a tier took an entry. */
export type Kept = 'kept' | 'refused' | 'failed';

const RETRY_MS = 500;
/** For what has to look at many entries. */
const SCAN_TIMEOUT_MS = 10_000;

/** A store took longer than it may. */
class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime';

  constructor(tier: string, timeoutMs: number) {
    super(`${tier} did not answer within ${timeoutMs} ms`);
  }
}

/**
 * A store that may fail: calls are bounded in time and kept away from one that is not there, and none of them rejects.
 *
 * Invalidations that could not be done wait, and until they are done the tier is not read in their namespace: what comes back
 * with old entries never answers with one that was invalidated while it was away.
 */
export class Tier {
  readonly name: string;
  readonly shared: boolean;
  readonly maxAgeMs: number;
  /** Whether it keeps entries of a namespace. */
  readonly serves: (namespace: string) => boolean;
  readonly #store: Store;
  readonly #timeoutMs: number;
  readonly #onClosed: TierOptions['onClosed'];
  readonly #breaker: Breaker;
  readonly #onProblem: TierContext['onProblem'];
  readonly #lookups: LookupBatches;
  readonly #pending = new PendingInvalidations();
  /** Invalidations under way, of a tier that is not shared. */
  readonly #changes = new Set<{ readonly namespace: string }>();
  /** What ends the waiting for calls that are under way. */
  readonly #underWay = new Set<(error: Error) => void>();
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #hits = 0;
  #misses = 0;
  #sets = 0;
  #refused = 0;
  #errors = 0;
  #skipped = 0;

  /** @throws CacheError `invalid_option` */
  constructor({ store, namespaces, maxAgeMs, timeoutMs, onClosed }: TierOptions, { breaker, onProblem }: TierContext) {
    this.name = store.name;
    this.shared = store.shared;
    this.serves = namespaces ?? (() => true);
    const field = (name: string): string => `tiers.${store.name}.${name}`;
    this.maxAgeMs = within(field('maxAgeMs'), maxAgeMs ?? (store.shared ? Infinity : 3_600_000), 1, Infinity);
    this.#store = store;
    this.#timeoutMs = within(field('timeoutMs'), timeoutMs ?? (store.shared ? 250 : 500), 1, 60_000);
    this.#onClosed = onClosed;
    this.#breaker = breaker;
    this.#onProblem = onProblem;
    this.#lookups = new LookupBatches((namespace, keys) => this.#try(() => store.getMany(namespace, keys)));
  }

  /** Undefined where it can't be asked. */
  async getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[] | undefined> {
    if (this.#isBehind(namespace)) {
      this.#skipped += 1;
      return undefined;
    }
    const found = await this.#lookups.getMany(namespace, keys);
    // What became known meanwhile may not be in the answer.
    if (found === undefined || this.#isBehind(namespace)) return undefined;
    const hits = found.filter(({ entry }) => entry !== undefined).length;
    this.#hits += hits;
    this.#misses += found.length - hits;
    return found;
  }

  /** What a value that is new now is stored with; undefined where it can't be asked. Counts as no use. */
  async position(namespace: string, key: string): Promise<Position | undefined> {
    if (this.#isBehind(namespace)) return undefined;
    const found = await this.#lookups.getMany(namespace, [key]);
    return found?.[0]?.position;
  }

  /** Counts an entry that it gave and that is none: damaged, or of another version. */
  unreadable(error: unknown): void {
    this.#errors += 1;
    this.#onProblem(this.name, error);
  }

  async set(storing: Storing): Promise<Kept> {
    const freshForMs = Math.min(storing.freshForMs, this.maxAgeMs);
    const kept = await this.#try(() => this.#store.set({ ...storing, freshForMs }));
    if (kept === undefined) return 'failed';
    if (kept) this.#sets += 1;
    else if (!storing.ifAbsent) this.#refused += 1;
    return kept ? 'kept' : 'refused';
  }

  /** @returns whether it is done; if not, it is done before the tier is read again, and `whenDone` told then */
  async invalidate(namespace: string, invalidation: Invalidation, whenDone?: WhenDone): Promise<boolean> {
    if (!this.serves(namespace)) return true;
    // In their order: a later one must not overtake those that wait.
    const isNext = !this.#pending.concerns(namespace);
    const end = isNext && !this.shared ? this.#follow(namespace) : undefined;
    try {
      const left = isNext ? await this.#tell(namespace, invalidation) : invalidation;
      if (left === undefined) return true;
      this.#pending.add(namespace, left, whenDone);
    } finally {
      end?.();
    }
    this.#retryLater();
    return false;
  }

  /** Until it is done what is read of a tier of our own may be old, and would stay in memory; and it may hang. */
  #follow(namespace: string): () => void {
    const change = { namespace };
    this.#changes.add(change);
    return () => this.#changes.delete(change);
  }

  /** Whether it may still have what was invalidated. */
  #isBehind(namespace: string): boolean {
    if (this.#pending.concerns(namespace)) return true;
    for (const change of this.#changes) if (change.namespace === namespace) return true;
    return false;
  }

  async purge(): Promise<void> {
    await this.#try(async () => this.#store.purge?.(), SCAN_TIMEOUT_MS);
  }

  /** Whether it can give out locks over replicas. */
  get locks(): boolean {
    return this.#store.lock !== undefined && !this.#breaker.open;
  }

  /** `'unavailable'` where it can't be asked: whoever wants to load goes on without. */
  async lock(namespace: string, key: string, lifeMs: number): Promise<LoadLock | 'taken' | 'unavailable'> {
    let taken = false;
    const lock = await this.#try(async () => {
      const given = await this.#store.lock?.(namespace, key, lifeMs);
      taken = given === undefined;
      return given;
    });
    return lock ?? (taken ? 'taken' : 'unavailable');
  }

  statistics(): TierStatistics {
    const asked = this.#hits + this.#misses;
    return {
      name: this.name,
      state: this.#breaker.open ? 'unavailable' : 'available',
      hits: this.#hits,
      misses: this.#misses,
      hitRate: asked === 0 ? null : this.#hits / asked,
      sets: this.#sets,
      refused: this.#refused,
      errors: this.#errors,
      skipped: this.#skipped,
      pendingInvalidations: this.#pending.size,
      ...this.#store.statistics(),
    };
  }

  /** Ends the waiting for all calls, and closes the store. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    for (const end of this.#underWay) end(new Error(`${this.name} is closed`));
    try {
      await this.#store.close();
    } finally {
      await this.#onClosed?.();
    }
  }

  /** @param onLate told where it had no answer in time */
  async #try<T>(work: () => Promise<T>, timeoutMs = this.#timeoutMs, onLate?: () => void): Promise<T | undefined> {
    if (this.#closed) return undefined;
    try {
      return await this.#breaker.run(() => this.#withDeadline(work, timeoutMs));
    } catch (error) {
      if (this.#closed) return undefined;
      if (error instanceof NoAnswerInTime) onLate?.();
      if (error instanceof BreakerOpen) {
        this.#skipped += 1;
        return undefined;
      }
      this.#errors += 1;
      this.#onProblem(this.name, error);
      return undefined;
    }
  }

  async #withDeadline<T>(work: () => Promise<T>, timeoutMs: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new NoAnswerInTime(this.name, timeoutMs)), timeoutMs);
    this.#underWay.add(reject);
    try {
      return await Promise.race([work(), late]);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(reject);
    }
  }

  /**
   * @returns what it is to be told still: nothing, the same again, or, where it had not looked through its entries in time and
   * would not have the next time either, to forget all of the namespace
   */
  async #tell(namespace: string, invalidation: Invalidation): Promise<Invalidation | undefined> {
    const tell = (): Promise<true> => this.#store.invalidate(namespace, invalidation).then(() => true);
    if (isQuick(invalidation)) return (await this.#try(tell)) ? undefined : invalidation;
    let left = invalidation;
    const told = await this.#try(tell, SCAN_TIMEOUT_MS, () => (left = { kind: 'all' }));
    return told ? undefined : left;
  }

  #retryLater(): void {
    if (this.#retry !== undefined || this.#closed) return;
    this.#retry = setTimeout(() => void this.#flush(), RETRY_MS);
    this.#retry.unref();
  }

  async #flush(): Promise<void> {
    for (let next = this.#pending.next(); next; next = this.#pending.next()) {
      const left = await this.#tell(next.namespace, next.invalidation);
      if (left !== undefined) {
        if (left !== next.invalidation) this.#pending.add(next.namespace, left, next.whenDone);
        break;
      }
      this.#pending.done(next);
      next.whenDone?.(next.namespace, next.invalidation);
    }
    this.#retry = undefined;
    if (this.#pending.size > 0) this.#retryLater();
  }
}

function isQuick({ kind }: Invalidation): boolean {
  return kind !== 'prefix' && kind !== 'pattern';
}
