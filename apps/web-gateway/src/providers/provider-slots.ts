import { DomainError } from '@purser/errors';
import type { TargetProvider } from '../configuration/snapshot.ts';

/** How long and how many may wait for a provider. */
export interface SlotLimits {
  /** Requests that wait for one provider at a time; more are refused. */
  readonly mostWaiting: number;
  /** How long a request waits before it is refused. */
  readonly waitMs: number;
}

interface Waiter {
  readonly keyId: string;
  readonly grant: () => void;
}

/** Providers that nobody uses are forgotten beyond this many. */
const MOST_IDLE_PROVIDERS = 1_000;

/**
 * How many requests this process has open at one provider, at most its `concurrency`. Those that wait are served in turn
 * by key, and first come first served within a key, so that a key with a thousand requests delays another's by one.
 */
export class SlotPool {
  readonly #limits: SlotLimits;
  readonly #provider: string;
  /** In the order in which the keys are served next; a key without waiters is not in it. */
  readonly #byKey = new Map<string, Set<Waiter>>();
  #concurrency = 0;
  #active = 0;
  #waiting = 0;

  constructor(provider: string, limits: SlotLimits) {
    this.#provider = provider;
    this.#limits = limits;
  }

  get active(): number {
    return this.#active;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Takes over a changed `concurrency`; requests beyond a lowered one end as they would have. */
  resize(concurrency: number): void {
    this.#concurrency = concurrency;
    this.#grantFree();
  }

  /** Whether a slot was free and nobody waits; it is the caller's then, to {@link release} once. */
  tryTake(): boolean {
    if (this.#active >= this.#concurrency || this.#waiting > 0) return false;
    this.#active += 1;
    return true;
  }

  /**
   * Waits for a slot; it is the caller's then, to {@link release} once.
   *
   * @throws DomainError (as a rejection) `rate_limit_exceeded` when too many wait, or none came free in time; the signal's
   * reason when it was aborted
   */
  wait(keyId: string, signal: AbortSignal): Promise<void> {
    if (this.#waiting >= this.#limits.mostWaiting) return Promise.reject(this.#busy());
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (error: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#leaveQueue(waiter);
      reject(error);
    };
    const onAbort = (): void => giveUp(signal.reason as Error);
    const timer = setTimeout(() => giveUp(this.#busy()), this.#limits.waitMs);
    const grant = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const waiter: Waiter = { keyId, grant };
    signal.addEventListener('abort', onAbort);
    this.#joinQueue(waiter);
    return promise;
  }

  release(): void {
    this.#active -= 1;
    this.#grantFree();
  }

  #joinQueue(waiter: Waiter): void {
    const sameKey = this.#byKey.get(waiter.keyId);
    if (sameKey) sameKey.add(waiter);
    else this.#byKey.set(waiter.keyId, new Set([waiter]));
    this.#waiting += 1;
  }

  #leaveQueue(waiter: Waiter): void {
    const sameKey = this.#byKey.get(waiter.keyId)!;
    sameKey.delete(waiter);
    if (sameKey.size === 0) this.#byKey.delete(waiter.keyId);
    this.#waiting -= 1;
  }

  #grantFree(): void {
    while (this.#waiting > 0 && this.#active < this.#concurrency) {
      const [keyId, sameKey] = this.#byKey.entries().next().value!;
      const [waiter] = sameKey;
      this.#leaveQueue(waiter!);
      // Served: to the end of the round.
      if (this.#byKey.delete(keyId)) this.#byKey.set(keyId, sameKey);
      this.#active += 1;
      waiter!.grant();
    }
  }

  #busy(): DomainError {
    const message = `All ${this.#concurrency} places at the provider "${this.#provider}" are taken; try again shortly.`;
    return new DomainError('rate_limit_exceeded', message, { provider: this.#provider, retryAfterMs: 1_000 });
  }
}

/** The slots of every provider, by its id, so that they outlast changes of the configuration. */
export class ProviderSlots {
  readonly #limits: SlotLimits;
  readonly #pools = new Map<string, SlotPool>();
  /** What each pool was last sized by: an object stands for one version of a provider. */
  readonly #sizedBy = new WeakMap<TargetProvider, SlotPool>();

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  of(provider: TargetProvider): SlotPool {
    return this.#sizedBy.get(provider) ?? this.#size(provider);
  }

  #size(provider: TargetProvider): SlotPool {
    if (this.#pools.size >= MOST_IDLE_PROVIDERS) this.#forgetIdle();
    const pool = this.#pools.get(provider.id) ?? new SlotPool(provider.name, this.#limits);
    this.#pools.set(provider.id, pool);
    this.#sizedBy.set(provider, pool);
    pool.resize(provider.concurrency);
    return pool;
  }

  #forgetIdle(): void {
    for (const [id, pool] of this.#pools) if (pool.active + pool.waiting === 0) this.#pools.delete(id);
  }
}
