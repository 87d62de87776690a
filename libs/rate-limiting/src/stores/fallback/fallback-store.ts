import { finiteAbove0 } from '../../core/check.ts';
import { monotonicClock, type Clock } from '../../core/clock.ts';
import { isPromise } from '../../core/promises.ts';
import { LimitStoreError } from '../../core/store-error.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../core/store.ts';
import { tell } from '../../core/tell.ts';
import { MemoryStore } from '../memory/memory-store.ts';
import { isLocal, LocalShare } from './local-share.ts';
import { PendingReleases } from './pending-releases.ts';
import { PrimaryWatch, type AvailabilityChange } from './primary-watch.ts';

export interface FallbackStoreOptions {
  /** Where limits are kept for all processes: a `RedisStore`. Has a deadline of its own. Closed with this store. */
  readonly primary: LimitStore;
  /**
   * The part of each limit that this process may give on its own while the primary is away, above 0 and at most 1: 1 ÷ the
   * processes that are live. A function is asked at each decision.
   */
  readonly share: number | (() => number);
  /** Where limits are kept meanwhile. Default: a `MemoryStore`. Closed with this store. */
  readonly local?: LimitStore;
  /** How often a primary that is away is tried, give or take a fifth. Default 1 000. */
  readonly probeEveryMs?: number;
  /** Told when the primary goes away and when it comes back. What it throws is a warning. */
  readonly onChange?: (change: AvailabilityChange) => void;
  readonly clock?: Clock;
}

/** What a {@link FallbackStore} did so far. */
export interface FallbackStatistics {
  /** When the primary went away; undefined while it is there. */
  readonly awaySince: Date | undefined;
  readonly timesAway: number;
  /** Calls of the primary that failed, probes among them. */
  readonly failures: number;
  /** Takes that were decided here, by the share. */
  readonly localDecisions: number;
  /** Slots to be given back when the primary is there again. */
  readonly pendingReleases: number;
}

type Eventually<T> = T | Promise<T>;

const DEFAULT_PROBE_EVERY_MS = 1_000;

/**
 * A store for all processes, and a share of each limit here while that one is away: no call but `reset` fails for it. Away it is
 * from the first call that fails until a probe that does not; one answer that can't be understood is made up for here, and
 * the next call asks the primary again.
 *
 * What was taken before is not known here, and what is taken here is not known there afterwards: beyond its limit a subject gets
 * at most the bucket of each share once, each time the primary goes or comes. Corrections go to whichever decides when they
 * are made.
 */
export class FallbackStore implements LimitStore {
  readonly #primary: LimitStore;
  readonly #local: LocalShare;
  readonly #watch: PrimaryWatch;
  readonly #pending: PendingReleases;
  #localDecisions = 0;

  /** As the primary has it. */
  readonly onFreed: LimitStore['onFreed'];

  /** @throws TypeError naming the option */
  constructor(options: FallbackStoreOptions) {
    const { primary, share, local, onChange, clock = monotonicClock } = options;
    const probeEveryMs = finiteAbove0('probeEveryMs', options.probeEveryMs ?? DEFAULT_PROBE_EVERY_MS);
    if (typeof share !== 'function' && !(share > 0 && share <= 1))
      throw new TypeError(`share must be above 0 and at most 1, not ${share}`);
    this.#primary = primary;
    this.#pending = new PendingReleases(clock);
    const shareNow = typeof share === 'function' ? share : () => share;
    this.#local = new LocalShare(local ?? new MemoryStore({ clock }), shareNow, probeEveryMs);
    this.#watch = new PrimaryWatch(primary, clock, probeEveryMs, (change) => {
      if (!change.isAway) this.#releasePending();
      tell(onChange, change);
    });
    this.onFreed = primary.onFreed && ((listener) => primary.onFreed!(listener));
  }

  take(demands: readonly Demand[], asker: Asker): Eventually<Decision> {
    return this.#orHere(
      () => this.#primary.take(demands, asker),
      () => {
        this.#localDecisions += 1;
        return this.#local.take(demands, asker);
      },
    );
  }

  look(demands: readonly Demand[]): Eventually<readonly Standing[]> {
    return this.#orHere(
      () => this.#primary.look(demands),
      () => this.#local.look(demands),
    );
  }

  correct(corrections: readonly Correction[]): Eventually<void> {
    return this.#orHere(
      () => this.#primary.correct(corrections),
      () => this.#local.correct(corrections),
    );
  }

  /** Slots of a primary that is away are given back when it is there again, or end by themselves. */
  release(holds: readonly SlotHold[]): Eventually<void> {
    const [here, there] = split(holds);
    const later = (): void => this.#pending.add(there);
    const released = there.length > 0 ? this.#orHere(() => this.#primary.release(there), later) : undefined;
    return both(here.length > 0 ? this.#local.release(here) : undefined, released, () => {});
  }

  /** Of slots of a primary that is away nobody knows: they are not said to be lost. */
  renew(holds: readonly SlotHold[]): Eventually<readonly SlotHold[]> {
    const [here, there] = split(holds);
    const unknown = (): readonly SlotHold[] => [];
    const lostThere = there.length > 0 ? this.#orHere(() => this.#primary.renew(there), unknown) : [];
    const lostHere = here.length > 0 ? this.#local.renew(here) : [];
    return both(lostHere, lostThere, (some, others) => [...some, ...others]);
  }

  /** @throws LimitStoreError where the primary is away: it was done here alone */
  async reset(demands: readonly Demand[]): Promise<void> {
    await this.#local.reset(demands);
    const { awaySince, timesAway } = this.#watch;
    if (awaySince) {
      const since = `the primary store is away since ${awaySince.toISOString()}`;
      throw new LimitStoreError('unavailable', `reset: ${since}; what it keeps was not reset`);
    }
    try {
      await this.#primary.reset(demands);
    } catch (error) {
      this.#watch.failed(error, timesAway);
      throw error;
    }
  }

  statistics(): FallbackStatistics {
    const { awaySince, timesAway, failures } = this.#watch;
    const pendingReleases = this.#pending.size;
    return { awaySince, timesAway, failures, localDecisions: this.#localDecisions, pendingReleases };
  }

  async close(): Promise<void> {
    this.#watch.close();
    await Promise.all([this.#primary.close(), this.#local.close()]);
  }

  #orHere<T>(there: () => Eventually<T>, here: () => Eventually<T>): Eventually<T> {
    const { awaySince, timesAway } = this.#watch;
    if (awaySince) return here();
    const instead = (error: unknown): Eventually<T> => {
      if (error instanceof LimitStoreError && error.reason === 'closed') throw error;
      this.#watch.failed(error, timesAway);
      return here();
    };
    try {
      const answer = there();
      return isPromise(answer) ? answer.catch(instead) : answer;
    } catch (error) {
      return instead(error);
    }
  }

  #releasePending(): void {
    const { timesAway } = this.#watch;
    void this.#pending.release(this.#primary).catch((error: unknown) => this.#watch.failed(error, timesAway));
  }
}

function split(holds: readonly SlotHold[]): readonly [here: readonly SlotHold[], there: readonly SlotHold[]] {
  if (!holds.some(isLocal)) return [[], holds];
  return [holds.filter(isLocal), holds.filter((hold) => !isLocal(hold))];
}

function both<A, B, R>(one: Eventually<A>, other: Eventually<B>, made: (one: A, other: B) => R): Eventually<R> {
  if (!isPromise(one) && !isPromise(other)) return made(one, other);
  return Promise.all([one, other]).then(([first, second]) => made(first, second));
}
