import type { Caches } from './caches.ts';
import { CacheError } from './errors.ts';
import { checkedKey, MAX_NAME_LENGTH } from './key.ts';
import type { Loader } from './loader.ts';
import { within, type ComputeOptions } from './options.ts';
import { waitFor } from './wait-for.ts';

/** A value to be in the cache before anybody asks for it. */
export interface WarmEntry {
  readonly namespace: string;
  readonly key: string;
  readonly load: Loader<unknown>;
  readonly options?: ComputeOptions;
}

/** What is worth being warm, the most important first. */
export interface WarmSource {
  /** As reports name it. */
  readonly name: string;
  /** Asked in each round; `signal` is aborted when the round ends, or the warmer stops. */
  entries(signal: AbortSignal): Iterable<WarmEntry> | AsyncIterable<WarmEntry>;
}

export interface WarmerOptions {
  /**
   * What those share of whom one warms at a time: the replicas of one service. Default `warmer`; in the module the `service`
   * of `forRoot` before it, as services that share a tier have sources of their own.
   */
  readonly lock?: string;
  /** From the end of one round to the beginning of the next. Default 1 800 000 (30 minutes). */
  readonly everyMs?: number;
  /** Entries in one round, over all sources. Default 100. */
  readonly maxEntries?: number;
  /** Loads at a time. Default 4. */
  readonly concurrency?: number;
  /** After which a round ends, done or not. Default 60 000. */
  readonly maxDurationMs?: number;
  /** How long {@link CacheWarmer.ready} waits for the first round at most. Default 10 000. */
  readonly readyWithinMs?: number;
}

/** Why a source was left, or not begun with. */
export type WarmingSkipped = 'another replica is warming' | 'enough entries' | 'took too long' | 'stopped' | 'failed';

/** What the latest round did for a source. */
export interface WarmingReport {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Entries that were loaded. */
  readonly warmed: number;
  /** Entries that a tier had. */
  readonly fresh: number;
  readonly failed: number;
  /** Null where all of its entries were seen to. */
  readonly skippedBecause: WarmingSkipped | null;
}

export interface WarmerStatistics {
  readonly state: 'idle' | 'warming' | 'waiting' | 'stopped';
  /** Rounds that ended. */
  readonly rounds: number;
  readonly sources: readonly WarmingReport[];
}

/** Renewed while a round goes on: a warmer that dies keeps the others from warming no longer than this. */
const LOCK_LIFE_MS = 15_000;
const MAX_TIMER_MS = 2_147_483_647;

/** What one round may still do. */
interface Round {
  readonly signal: AbortSignal;
  left: number;
}

/**
 * Loads what is worth it before it is asked for: when it starts, and on a schedule. One replica at a time does, where a shared
 * tier can say so (the others then find the values there); without one each process warms its own memory.
 *
 * An entry that fails is counted, and the next one tried. Nothing here rejects or throws but for bad options.
 */
export class CacheWarmer {
  readonly #caches: Caches;
  readonly #lock: string;
  readonly #everyMs: number;
  readonly #maxEntries: number;
  readonly #concurrency: number;
  readonly #maxDurationMs: number;
  readonly #readyWithinMs: number;
  readonly #sources = new Map<string, WarmSource>();
  readonly #reports = new Map<string, WarmingReport>();
  readonly #stopping = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #started = false;
  #rounds = 0;
  /** Whether the latest round was left to another replica. */
  #isSkipped = false;

  /** @throws CacheError `invalid_option`, `invalid_key` */
  constructor(caches: Caches, options: WarmerOptions = {}) {
    this.#caches = caches;
    this.#lock = checkedKey(options.lock ?? 'warmer', 'lock', MAX_NAME_LENGTH);
    this.#everyMs = within('everyMs', options.everyMs ?? 1_800_000, 1, 86_400_000);
    this.#maxEntries = within('maxEntries', options.maxEntries ?? 100, 0, 100_000);
    this.#concurrency = within('concurrency', options.concurrency ?? 4, 1, 64);
    this.#maxDurationMs = within('maxDurationMs', options.maxDurationMs ?? 60_000, 1, 3_600_000);
    this.#readyWithinMs = within('readyWithinMs', options.readyWithinMs ?? 10_000, 0, 600_000);
  }

  /** Adds a source, for the next round. @throws CacheError `invalid_option`: there is one of this name */
  warm(source: WarmSource): void {
    checkedKey(source.name, 'name', MAX_NAME_LENGTH);
    if (this.#sources.has(source.name)) {
      throw new CacheError('invalid_option', 'name', `there is a source ${source.name} already`);
    }
    this.#sources.set(source.name, source);
  }

  /** Begins the first round, and the schedule. */
  start(): void {
    if (this.#started || this.#stopping.signal.aborted) return;
    this.#started = true;
    void this.#next();
  }

  /** Resolves when the first round is over, or has taken `readyWithinMs`: a service is better cold than not there. */
  async ready(): Promise<void> {
    await waitFor(this.#first.promise, this.#readyWithinMs).catch(() => {});
  }

  /** One round now; the one under way, where there is one. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
      this.#rounds += 1;
      this.#first.resolve();
    });
    return this.#running;
  }

  statistics(): WarmerStatistics {
    return { state: this.#state(), rounds: this.#rounds, sources: [...this.#reports.values()] };
  }

  /** Ends the schedule, and the round under way: loads that have begun are left to themselves. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    this.#first.resolve();
    await this.#running;
  }

  #state(): WarmerStatistics['state'] {
    if (this.#stopping.signal.aborted) return 'stopped';
    if (this.#running !== undefined) return 'warming';
    return this.#started ? 'waiting' : 'idle';
  }

  async #next(): Promise<void> {
    await this.run();
    if (this.#stopping.signal.aborted) return;
    // What another has warmed, or died over, is soon there to be had.
    const waitMs = this.#isSkipped ? Math.min(this.#everyMs, LOCK_LIFE_MS) : this.#everyMs;
    this.#timer = setTimeout(() => void this.#next(), waitMs);
    this.#timer.unref();
  }

  async #round(): Promise<void> {
    const lock = await this.#caches.lock(this.#lock, LOCK_LIFE_MS);
    this.#isSkipped = lock === undefined;
    if (lock === undefined) return this.#skipAll('another replica is warming');
    const renewal = setInterval(() => void lock.extend(LOCK_LIFE_MS).catch(() => {}), LOCK_LIFE_MS / 3);
    const tooLong = AbortSignal.timeout(this.#maxDurationMs);
    const round: Round = { signal: AbortSignal.any([tooLong, this.#stopping.signal]), left: this.#maxEntries };
    try {
      for (const source of this.#sources.values()) await this.#warm(source, round);
    } finally {
      clearInterval(renewal);
      await lock.release();
    }
  }

  #skipAll(skippedBecause: WarmingSkipped): void {
    for (const { name } of this.#sources.values()) new Warming(name).report(skippedBecause, this.#reports);
  }

  /** Sees to the entries of a source, some at a time. */
  async #warm(source: WarmSource, round: Round): Promise<void> {
    const warming = new Warming(source.name);
    const under = new Set<Promise<void>>();
    let why: WarmingSkipped | null = this.#endOf(round);
    try {
      if (why === null) {
        for await (const entry of until(round.signal, source.entries(round.signal))) {
          if ((why = this.#endOf(round)) !== null) break;
          round.left -= 1;
          const loading = this.#load(entry, warming, round.signal).finally(() => under.delete(loading));
          under.add(loading);
          if (under.size >= this.#concurrency) await Promise.race(under);
        }
      }
    } catch {
      why = this.#endOfTime(round) ?? 'failed';
    }
    await Promise.all(under);
    warming.report(why ?? this.#endOfTime(round), this.#reports);
  }

  async #load({ namespace, key, load, options }: WarmEntry, warming: Warming, signal: AbortSignal): Promise<void> {
    try {
      const cache = this.#caches.namespace(namespace);
      // It is there to wait for the new value, not to get an old one.
      const result = await cache.getOrComputeEntry(key, load, { ...options, softTimeoutMs: Infinity, signal });
      if (result.status === 'HIT') warming.fresh += 1;
      else if (result.status === 'MISS') warming.warmed += 1;
      else warming.failed += 1;
    } catch {
      // A load that the round does not wait for any longer has not failed.
      if (!signal.aborted) warming.failed += 1;
    }
  }

  #endOf(round: Round): WarmingSkipped | null {
    return this.#endOfTime(round) ?? (round.left > 0 ? null : 'enough entries');
  }

  #endOfTime({ signal }: Round): WarmingSkipped | null {
    if (this.#stopping.signal.aborted) return 'stopped';
    return signal.aborted ? 'took too long' : null;
  }
}

/** What is done for one source, as it is done. */
class Warming {
  warmed = 0;
  fresh = 0;
  failed = 0;
  readonly #name: string;
  readonly #startedAt = new Date().toISOString();
  readonly #started = performance.now();

  constructor(name: string) {
    this.#name = name;
  }

  report(skippedBecause: WarmingSkipped | null, reports: Map<string, WarmingReport>): void {
    reports.set(this.#name, {
      name: this.#name,
      startedAt: this.#startedAt,
      durationMs: Math.round(performance.now() - this.#started),
      warmed: this.warmed,
      fresh: this.fresh,
      failed: this.failed,
      skippedBecause,
    });
  }
}

/** The items until the signal, also where the next never comes. @throws the signal's reason */
async function* until<T>(signal: AbortSignal, items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  try {
    for (;;) {
      const next = await waitFor(Promise.resolve(iterator.next()), MAX_TIMER_MS, signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // One that hangs would not end for being told to.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
