import type { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { CacheError } from '../../core/errors.ts';
import type { Invalidation } from '../../core/invalidation.ts';
import type { FoundEntry, LoadLock, Lookup, Position, Store, StoreStatistics, Storing } from '../../core/store.ts';
import { EntryReader, type Outcome } from './entry-reader.ts';
import { asBytes, namesOf, type Names } from './names.ts';
import { matcherFor, matcherOfText, textOf } from './patterns.ts';
import { parseRecord, recordRest, sinceOf, UnreadableRecord, type StoredRecord } from './record.ts';
import { EXTEND, INVALIDATE, OPEN, run, STORE, UNLOCK, type Script } from './scripts.ts';
import { roundTrip, type RoundTrip } from './round-trip.ts';
import { Sweeper } from './sweeper.ts';

export interface RedisStoreOptions {
  /** Redis 7 or Valkey. It stays the caller's: {@link Store.close} leaves it open. Without `keyPrefix`. */
  readonly redis: Redis | Cluster;
  /**
   * What all keys begin with, in braces together with the namespace: `{cache:accounts}:e:account:42`. Letters, digits, `_`, `.`
   * and `-`. Default `cache`.
   */
  readonly prefix?: string;
}

/** Keys or tags that go into one command. */
const BATCH = 500;
/** How many invalidated keys and tags of a namespace are remembered one by one, of each kind. */
const REMEMBERED = 100_000;
/** How many prefixes and patterns: each that came after a load began is held against its key. */
const REMEMBERED_PATTERNS = 200;
/** How often a load is held against patterns that came meanwhile before it is given up. */
const JUDGEMENTS = 3;
/** How long a namespace that nobody invalidates or stores anything in is remembered, beyond its entries' lives. */
const IDLE_MS = 3_600_000;

/** What is known of a namespace's order of invalidations. */
interface Order {
  readonly seq: number;
  readonly floor: number;
  /** The latest invalidation of tags. */
  readonly tags: number;
}

interface Found extends StoredRecord {
  readonly leftMs: number;
}

/**
 * A tier in Redis, the same for all replicas. An entry is one string that Redis ends by itself; whether it still holds is told
 * by a counter of the namespace's invalidations, which entries and tags carry: no clock but the server's has a part in it.
 *
 * A look-up takes one round trip, and a second where it found something with tags that was stored before the latest
 * invalidation of a tag in its namespace.
 *
 * @throws CacheError `invalid_option`
 */
export function redisStore(options: RedisStoreOptions): Store {
  return new RedisStore(options);
}

class RedisStore implements Store {
  readonly name = 'redis';
  readonly shared = true;
  readonly #redis: Redis | Cluster;
  readonly #prefix: string;
  readonly #reader = new EntryReader();
  readonly #sweeper: Sweeper;
  readonly #underWay = new Set<Promise<unknown>>();
  #unreadable = 0;
  #closed = false;

  constructor({ redis, prefix = 'cache' }: RedisStoreOptions) {
    if (!/^[\w.-]{1,64}$/.test(prefix)) {
      throw new CacheError('invalid_option', 'prefix', 'must be 1 to 64 letters, digits, "_", "." or "-"');
    }
    if (redis.options.keyPrefix) {
      throw new CacheError(
        'invalid_option',
        'redis',
        'must be a connection without keyPrefix: SCAN knows nothing of it',
      );
    }
    this.#redis = redis;
    this.#prefix = prefix;
    this.#sweeper = new Sweeper(redis);
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[]> {
    this.#mustBeOpen();
    const names = namesOf(this.#prefix, namespace);
    const lookups: Lookup[] = [];
    for (const batch of batches(keys)) lookups.push(...(await this.#lookUp(names, batch)));
    return lookups;
  }

  set({ namespace, key, entry, freshForMs, since, ifAbsent }: Storing): Promise<boolean> {
    return this.#write(async () => {
      const lifeMs = Math.floor(Math.min(freshForMs, entry.ttlMs) + entry.staleForMs);
      if (lifeMs < 1) return false;
      const names = namesOf(this.#prefix, namespace);
      const replaceable = ifAbsent ? await this.#replaceable(names, key) : '';
      if (replaceable === undefined) return false;
      const what = [replaceable, lifeMs, asBytes(key), recordRest(entry), ...entry.tags.map(asBytes)];
      return this.#store(names, key, since, what);
    });
  }

  invalidate(namespace: string, invalidation: Invalidation): Promise<void> {
    return this.#write(async () => {
      const names = namesOf(this.#prefix, namespace);
      switch (invalidation.kind) {
        case 'keys':
          for (const keys of batches(invalidation.keys)) await this.#tell(names, 'keys', keys, keys.map(names.entry));
          return;
        case 'tags':
          for (const tags of batches(invalidation.tags)) await this.#tell(names, 'tags', tags);
          return;
        case 'all':
          return this.#sweeper.sweepLater(names, await this.#tell(names, 'floor'));
        default: {
          const seq = await this.#tell(names, 'patterns', [textOf(invalidation)]);
          return this.#sweeper.sweep(names, seq, matcherFor(invalidation));
        }
      }
    });
  }

  lock(namespace: string, key: string, lifeMs: number): Promise<LoadLock | undefined> {
    return this.#write(async () => {
      const name = namesOf(this.#prefix, namespace).lock(key);
      const owner = randomUUID();
      const taken = await this.#redis.set(name, owner, 'PX', wholeMs(lifeMs), 'NX');
      return taken === null ? undefined : this.#lockOf(name, owner);
    });
  }

  statistics(): StoreStatistics {
    const unknown = { bytes: null, maxBytes: null, entries: null };
    return { ...unknown, evictions: 0, expirations: 0, unreadable: this.#unreadable };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#underWay, this.#sweeper.stop()]);
  }

  #lockOf(name: string, owner: string): LoadLock {
    const ask = (script: Script, ...args: number[]): Promise<unknown> =>
      this.#tracked(run(this.#redis, script, [name], [owner, ...args]));
    return {
      extend: async (lifeMs) => (await ask(EXTEND, wholeMs(lifeMs))) === 1,
      // Where it can't be given back it ends by itself.
      release: () => ask(UNLOCK).then(noop, noop),
    };
  }

  async #lookUp(names: Names, keys: readonly string[]): Promise<Lookup[]> {
    const trip = roundTrip(this.#redis, keys.length > 1);
    const entries = keys.map(names.entry);
    // The life before the entry: of two entries that follow each other, the later must not lend its life to the earlier.
    const lives = entries.map((entry) => trip.ask<number>((commands) => commands.pttl(entry)));
    const outcomes = this.#reader.read(entries, trip);
    const order = this.#order(names, trip);
    trip.send();
    const [left, read, now] = await Promise.all([Promise.all(lives), outcomes, order]);
    const found = read.map((outcome, index) => this.#found(outcome, left[index]!, now));
    const marks = await this.#marks(names, now, found);
    const isValid = ({ since, entry }: Found): boolean =>
      since >= now.tags || entry.tags.every((tag) => marks.get(tag)! <= since);
    return found.map((one) => ({ entry: one && isValid(one) ? entryOf(one) : undefined, position: now.seq }));
  }

  async #order(names: Names, trip: RoundTrip): Promise<Order> {
    const [seq, floor, tags] = await trip.ask<(string | null)[]>((commands) =>
      commands.hmget(names.state, 'seq', 'floor', 'tags'),
    );
    if (seq) return { seq: Number(seq), floor: Number(floor), tags: Number(tags) };
    const opened = Number(await run(this.#redis, OPEN, orderOf(names), [IDLE_MS]));
    // Whatever is there is from before Redis forgot what was invalidated.
    return { seq: opened, floor: opened, tags: opened };
  }

  /** @throws what Redis could not do; what it has but nobody can read is none, and is replaced by the next that is stored */
  #found(outcome: Outcome, leftMs: number, { floor }: Order): Found | undefined {
    try {
      if ('failure' in outcome) throw outcome.failure;
      if (outcome.value === undefined || leftMs <= 0) return undefined;
      const record = parseRecord(outcome.value);
      return record && record.since >= floor ? { ...record, leftMs } : undefined;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#unreadable += 1;
      return undefined;
    }
  }

  /** When each tag of what was found was invalidated last, at the latest; of those entries whose tags may have been. */
  async #marks(names: Names, order: Order, found: readonly (Found | undefined)[]): Promise<Map<string, number>> {
    const marks = new Map<string, number>();
    // Nobody's tag was invalidated after the others were stored.
    const older = found.filter((one) => one !== undefined && one.since < order.tags) as readonly Found[];
    const tags = [...new Set(older.flatMap(({ entry }) => entry.tags))];
    for (const batch of batches(tags)) {
      const [forgotten, ...scores] = await this.#redis.zmscore(names.tags, '', ...batch.map(asBytes));
      const otherwise = Number(forgotten ?? order.tags);
      for (const [index, tag] of batch.entries()) marks.set(tag, Number(scores[index] ?? otherwise));
    }
    return marks;
  }

  /** The counter of the entry that is there but does not hold any more, 0 where there is none, undefined where one holds. */
  async #replaceable(names: Names, key: string): Promise<string | undefined> {
    // Before it is judged: one that takes its place meanwhile has another counter.
    const trip = roundTrip(this.#redis, false);
    const outcomes = this.#reader.read([names.entry(key)], trip);
    trip.send();
    const [outcome] = await outcomes;
    const [lookup] = await this.#lookUp(names, [key]);
    if (lookup!.entry) return undefined;
    return ('value' in outcome! && sinceOf(outcome.value)) || '0';
  }

  async #store(
    names: Names,
    key: string,
    since: Position | undefined,
    what: readonly (string | number)[],
  ): Promise<boolean> {
    let judged = '';
    for (let time = 0; time < JUDGEMENTS; time += 1) {
      const answer = await run(
        this.#redis,
        STORE,
        [...orderOf(names), names.entry(key)],
        [IDLE_MS, since ?? '', judged, ...what],
      );
      if (!Array.isArray(answer)) return answer === 1;
      const [seq, ...patterns] = answer as string[];
      if (patterns.some((text) => matcherOfText(text).matches(key))) return false;
      judged = seq!;
    }
    return false;
  }

  async #tell(
    names: Names,
    kind: 'keys' | 'tags' | 'patterns' | 'floor',
    members: readonly string[] = [],
    entries: readonly string[] = [],
  ): Promise<number> {
    const args = [IDLE_MS, kind, kind === 'patterns' ? REMEMBERED_PATTERNS : REMEMBERED, ...members.map(asBytes)];
    return Number(await run(this.#redis, INVALIDATE, [...orderOf(names), ...entries], args));
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    return this.#tracked(work());
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    const done = work.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
    return done;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new CacheError('closed', 'store', 'is closed');
  }
}

/** The keys that every script on the order of invalidations gets first. */
function orderOf({ state, tags, keys, patterns }: Names): string[] {
  return [state, tags, keys, patterns];
}

function entryOf({ entry, leftMs }: Found): FoundEntry {
  return { ...entry, freshForMs: Math.min(leftMs - entry.staleForMs, entry.ttlMs) };
}

/** What `ioredis`, `telejson` and {@link parseRecord} say where another program wrote under our names. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof UnreadableRecord || error instanceof SyntaxError) return true;
  return error instanceof Error && error.message.startsWith('WRONGTYPE');
}

function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH) yield all.slice(at, at + BATCH);
}

function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}

function noop(): void {}
