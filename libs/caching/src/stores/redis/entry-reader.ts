import { createCache, KeyvAdapter, type Cache } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv, type StoredData } from 'keyv';
import type { RoundTrip } from './round-trip.ts';

/** What reading a key came to. */
export type Outcome = { readonly value: unknown } | { readonly failure: unknown };

/**
 * Reads strings through `cache-manager` and `cache-manager-ioredis-yet`, in a round trip of ours. The only file that knows
 * them, and what has to be kept away from:
 *
 * - `cache-manager` swallows what reading throws: failures travel as values.
 * - `telejson`, which parses what was read, revives dates, functions and more out of strings that look like them: what is
 *   stored is one string, and begins with a digit.
 * - Keyv's namespaces and its `expires`, which is compared with this machine's clock: both are off.
 * - Clearing is `FLUSHDB`, and `keys` is `KEYS`: neither is reachable from here.
 */
export class EntryReader {
  readonly #cache: Pick<Cache, 'mget'>;
  #trip: RoundTrip | undefined;

  constructor() {
    // All that reading asks of a connection.
    const connection = { get: (name: string) => this.#trip!.ask((commands) => commands.get(name)) };
    const store = new OutcomeAdapter(redisInsStore(connection as never) as never);
    this.#cache = createCache({ stores: [new Keyv({ store, useKeyPrefix: false })] });
  }

  /** Has its commands in `trip` before it returns. */
  read(names: readonly string[], trip: RoundTrip): Promise<Outcome[]> {
    this.#trip = trip;
    try {
      return this.#cache.mget<Outcome>([...names]) as Promise<Outcome[]>;
    } finally {
      this.#trip = undefined;
    }
  }
}

class OutcomeAdapter extends KeyvAdapter {
  override async getMany<T>(keys: string[]): Promise<StoredData<T>[]> {
    // Not MGET: one that can't be read must not take the others with it.
    return Promise.all(keys.map(async (key) => ({ value: (await this.#outcome(key)) as T })));
  }

  async #outcome(key: string): Promise<Outcome> {
    try {
      return { value: await super.get(key) };
    } catch (failure) {
      return { failure };
    }
  }
}
