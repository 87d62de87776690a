import { CacheError, closed, loadTimeout } from './errors.ts';
import type { Flight, FlightPlan, Landed } from './flight.ts';
import { NOT_MODIFIED, type Load, type Loader, type NotModified } from './loader.ts';
import { newEntry, type MemoryEntry } from './memory-entry.ts';
import type { NamespaceState } from './namespace-state.ts';
import { checkedAttributes, checkedEtag, checkedTags, within, type Loading } from './options.ts';
import { entryBelow, trustsOwn, trustsTier, type Stack } from './stack.ts';
import type { LoadLock, Lookup, Position } from './store.ts';
import type { Tier } from './tier.ts';
import { pause } from './wait-for.ts';

/** What a load is asked for with. */
export interface KeyLoadPlan {
  readonly key: string;
  readonly load: Loader<unknown>;
  readonly loading: Loading;
  readonly tags: readonly string[];
  readonly maxTtl: number;
  /** What memory has of it, if that has expired. */
  readonly stale: MemoryEntry | undefined;
}

/** A lock that ends by itself this soon after its holder died. */
const LOCK_LIFE_MS = 1_500;
const LOCK_POLL_MS = 20;
const LOCK_POLL_MAX_MS = 250;
/** After a refresh failed, while a stale value is served. */
const RETRY_AFTER_MS = 1_000;

/** Asks the tiers below memory for one key, in turn, then its loader; and keeps what was found. */
export class KeyLoad {
  readonly #stack: Stack;
  readonly #state: NamespaceState;
  readonly #plan: KeyLoadPlan;
  readonly #tiers: readonly Tier[];
  /** Since when a load that begins now is up to date, for each tier that answered. */
  readonly #positions = new Map<Tier, Position>();
  /** The latest that a tier below has, whether it may be served or not. */
  #previous: MemoryEntry | undefined;

  constructor(stack: Stack, state: NamespaceState, plan: KeyLoadPlan) {
    this.#stack = stack;
    this.#state = state;
    this.#plan = plan;
    this.#tiers = stack.tiersOf(state);
  }

  readonly run: FlightPlan = async (flight, looked) => {
    let { stale } = this.#plan;
    for (const tier of this.#tiers) {
      const found = await this.#lookIn(tier, flight);
      if (found === undefined) continue;
      if (isFresh(found)) return this.#promote(found.entry, flight, tier);
      // What must be verified first is nobody's stale value.
      if (!found.unverified && (stale === undefined || found.entry.loadedAt > stale.loadedAt)) stale = found.entry;
      this.#offer(found);
    }
    if (stale !== undefined && stale !== this.#plan.stale) this.#keep(stale, flight);
    looked(stale);
    return this.#loadAlone(flight, stale);
  };

  /** For a conditional refresh the latest is best. */
  #offer({ entry }: Found): void {
    if (this.#previous === undefined || entry.loadedAt > this.#previous.loadedAt) this.#previous = entry;
  }

  async #lookIn(tier: Tier, flight: Flight): Promise<Found | undefined> {
    const [lookup] = (await tier.getMany(this.#state.name, [this.#plan.key])) ?? [];
    if (lookup === undefined) return undefined;
    this.#positions.set(tier, lookup.position);
    return this.#found(lookup, tier, flight);
  }

  #found({ entry: stored }: Lookup, tier: Tier, flight: Flight): Found | undefined {
    const entry = stored && entryBelow(this.#stack, tier, stored, flight.position);
    if (entry === undefined) return undefined;
    // Where the bus is silent, what this process alone has may have been invalidated unheard.
    const unverified = stored?.unverified === true || !trustsTier(this.#stack, this.#state, tier);
    return { entry, unverified, freshForMs: stored!.freshForMs };
  }

  /** Keeps what a tier had in those above it, for what is left of its life. */
  #promote(entry: MemoryEntry, flight: Flight, from: Tier): Landed {
    this.#keep(entry, flight);
    const above = this.#tiers.slice(0, this.#tiers.indexOf(from));
    if (above.length > 0) this.#stack.inBackground(this.#keepBelow(entry, flight, above));
    return { entry, from: 'tier' };
  }

  /** Loads, with nobody else on any replica doing so meanwhile. */
  async #loadAlone(flight: Flight, stale: MemoryEntry | undefined): Promise<Landed> {
    const tier = this.#tiers.find(({ locks }) => locks);
    if (tier === undefined) return this.#load(flight, stale);
    const endsAt = this.#stack.clock.now() + this.#plan.loading.hardTimeoutMs;
    for (let waitMs = LOCK_POLL_MS; ; waitMs = Math.min(waitMs * 2, LOCK_POLL_MAX_MS)) {
      const lock = await tier.lock(this.#state.name, this.#plan.key, LOCK_LIFE_MS);
      // Another replica may have loaded it just before.
      const found = lock === 'unavailable' ? undefined : await this.#lookIn(tier, flight);
      if (found && isFresh(found)) {
        if (typeof lock === 'object') this.#stack.inBackground(lock.release());
        return this.#promote(found.entry, flight, tier);
      }
      if (lock === 'unavailable') return this.#load(flight, stale);
      if (lock !== 'taken') return this.#loadLocked(flight, stale, lock);
      if (this.#stack.clock.now() + waitMs >= endsAt) throw this.#timedOut();
      await this.#pause(waitMs * (0.5 + this.#stack.random()));
    }
  }

  async #pause(ms: number): Promise<void> {
    try {
      await pause(ms, this.#stack.closing);
    } catch {
      throw closed();
    }
  }

  async #loadLocked(flight: Flight, stale: MemoryEntry | undefined, lock: LoadLock): Promise<Landed> {
    const renewal = setInterval(() => void lock.extend(LOCK_LIFE_MS).catch(() => {}), LOCK_LIFE_MS / 3);
    const release = (): void => {
      clearInterval(renewal);
      this.#stack.inBackground(lock.release());
    };
    try {
      return await this.#load(flight, stale, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** @param whenKept called when all tiers have what was loaded */
  async #load(flight: Flight, stale: MemoryEntry | undefined, whenKept?: () => void): Promise<Landed> {
    const { counts } = this.#state;
    const startedAt = this.#stack.clock.now();
    counts.loads += 1;
    let entry: MemoryEntry;
    try {
      entry = await this.#ask(flight);
    } catch (error) {
      counts.loadErrors += 1;
      if (stale) stale.retryAt = this.#stack.clock.now() + RETRY_AFTER_MS;
      throw error;
    } finally {
      this.#stack.loadTimes.add(this.#stack.clock.now() - startedAt);
    }
    entry.since = this.#tiers[0] && this.#positions.get(this.#tiers[0]);
    if (entry.ttlMs === 0) {
      this.#stack.inBackground(this.#forgetPrevious(stale).finally(whenKept));
      return { entry, from: 'source' };
    }
    this.#keep(entry, flight);
    if (this.#tiers.length === 0) whenKept?.();
    else this.#stack.inBackground(this.#keepBelow(entry, flight, this.#tiers).finally(whenKept));
    return { entry, from: 'source' };
  }

  /** There is none any more, and that is not to be remembered: what there was must not be served as stale either. */
  async #forgetPrevious(stale: MemoryEntry | undefined): Promise<void> {
    if (stale === undefined && this.#previous === undefined) return;
    const invalidation = { kind: 'keys', keys: [this.#plan.key] } as const;
    this.#state.apply(invalidation);
    await Promise.all(this.#tiers.map((tier) => tier.invalidate(this.#state.name, invalidation)));
    if (this.#tiers.length > 0) this.#state.apply(invalidation);
  }

  /** Runs the loader, for at most `hardTimeoutMs`. */
  async #ask(flight: Flight): Promise<MemoryEntry> {
    const { loading, load } = this.#plan;
    if (this.#stack.closing.aborted) throw closed();
    const previous = this.#latestPrevious();
    const ending = new AbortController();
    const request = new LoadRequest(this.#plan, previous, this.#stack.clock.now(), ending.signal);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const end = (error: Error): void => {
      reject(error);
      ending.abort(error);
    };
    const timer = setTimeout(() => end(this.#timedOut()), loading.hardTimeoutMs);
    const onClosing = (): void => end(closed());
    this.#stack.closing.addEventListener('abort', onClosing, { once: true });
    try {
      const answer = await Promise.race([load(request), late]);
      return this.#entryOf(answer, request, previous, flight);
    } finally {
      clearTimeout(timer);
      this.#stack.closing.removeEventListener('abort', onClosing);
    }
  }

  #latestPrevious(): MemoryEntry | undefined {
    const { stale } = this.#plan;
    const latest = stale && (!this.#previous || stale.loadedAt >= this.#previous.loadedAt) ? stale : this.#previous;
    return latest && !latest.absent && this.#state.holds(latest) ? latest : undefined;
  }

  #entryOf(answer: unknown, request: LoadRequest, previous: MemoryEntry | undefined, flight: Flight): MemoryEntry {
    const now = this.#stack.clock.now();
    const { loading } = this.#plan;
    const isAbsent = answer === undefined;
    const ttl = isAbsent ? loading.negativeTtl : request.life;
    const facts = {
      loadedAt: now,
      position: flight.position,
      memoryUntil: now + this.#stack.memoryMaxAgeMs,
      ttlMs: ttl * (1 - loading.jitter * this.#stack.random()),
      staleForMs: isAbsent ? 0 : loading.staleFor,
    };
    if (answer !== NOT_MODIFIED) {
      const { newEtag: etag, newAttributes: attributes, tags } = request;
      return newEntry(answer, { ...facts, etag, attributes, tags });
    }
    if (previous === undefined) {
      throw new CacheError('invalid_value', 'notModified', 'means nothing where there is no previous value');
    }
    this.#state.counts.notModified += 1;
    const etag = request.newEtag ?? previous.etag;
    const tags = checkedTags([...new Set([...previous.tags, ...request.tags])]);
    const attributes = request.newAttributes ?? previous.attributes;
    return previous.renewed({ ...facts, etag, attributes, tags });
  }

  /** Keeps an entry in memory, unless it was invalidated since. */
  #keep(entry: MemoryEntry, flight: Flight): void {
    const { ttlMs, tags } = entry;
    const now = this.#stack.clock.now();
    if (ttlMs === 0 || flight.diverted || !trustsOwn(this.#stack, this.#state, now)) return;
    if (this.#state.marks.holds(tags, flight.position))
      this.#stack.memory.set(this.#state.table, this.#plan.key, entry);
  }

  async #keepBelow(entry: MemoryEntry, flight: Flight, tiers: readonly Tier[]): Promise<void> {
    const { name: namespace, marks } = this.#state;
    const { key } = this.#plan;
    const stored = entry.stored();
    const keepIn = async (tier: Tier): Promise<void> => {
      const since = this.#positions.get(tier);
      // Of a tier that did not answer nobody knows what was invalidated since.
      if (since === undefined || flight.diverted || !marks.holds(entry.tags, flight.position)) return;
      if (!trustsTier(this.#stack, this.#state, tier)) return;
      const freshForMs = entry.freshForMs(this.#stack.clock.now());
      const kept = await tier.set({ namespace, key, entry: stored, freshForMs, since });
      if (kept === 'kept') entry.isBelow = true;
      // Another replica has invalidated it, of which this one is yet to hear.
      if (kept === 'refused' && tier.shared) this.#state.apply({ kind: 'keys', keys: [key] });
    };
    await Promise.all(tiers.map(keepIn));
  }

  #timedOut(): CacheError {
    return loadTimeout(this.#plan.key, this.#plan.loading.hardTimeoutMs);
  }
}

interface Found {
  readonly entry: MemoryEntry;
  readonly unverified: boolean;
  readonly freshForMs: number;
}

function isFresh({ unverified, freshForMs }: Found): boolean {
  return !unverified && freshForMs > 0;
}

/** What the loader is given, and what it says of the value. */
class LoadRequest implements Load {
  readonly previous: Load['previous'];
  readonly signal: AbortSignal;
  readonly #plan: KeyLoadPlan;
  #tags: readonly string[];
  #etag: string | undefined;
  #attributes: Readonly<Record<string, string>> | undefined;
  #ttl: number;

  constructor(plan: KeyLoadPlan, previous: MemoryEntry | undefined, now: number, signal: AbortSignal) {
    this.#plan = plan;
    this.#tags = plan.tags;
    this.#ttl = plan.loading.ttl;
    this.signal = signal;
    this.previous = previous && { value: previous.value, etag: previous.etag, ageMs: now - previous.loadedAt };
  }

  get tags(): readonly string[] {
    return this.#tags;
  }

  get newEtag(): string | undefined {
    return this.#etag;
  }

  get newAttributes(): Readonly<Record<string, string>> | undefined {
    return this.#attributes;
  }

  get life(): number {
    return this.#ttl;
  }

  notModified(): NotModified {
    return NOT_MODIFIED;
  }

  tag(...tags: readonly string[]): void {
    this.#tags = checkedTags([...new Set([...this.#tags, ...tags])]);
  }

  etag(etag: string): void {
    this.#etag = checkedEtag(etag);
  }

  ttl(ttl: number): void {
    this.#ttl = within('ttl', ttl, 1, this.#plan.maxTtl);
  }

  attributes(attributes: Readonly<Record<string, string>>): void {
    this.#attributes = checkedAttributes(attributes);
  }
}
