import type { Lookup } from './store.ts';

/** Asks for keys of a namespace; undefined where nobody can be asked. */
export type Ask = (namespace: string, keys: readonly string[]) => Promise<readonly Lookup[] | undefined>;

/** Taken here, so that tests whose timers are fake still get answers: fake timers fake this too. */
const { nextTick } = process;
/** A store that has to look at more of them in one call would keep the first ones waiting. */
const MOST_KEYS = 500;

interface Batch {
  readonly keys: string[];
  readonly found: Promise<readonly Lookup[] | undefined>;
}

/** Asks once, at the end of a turn of the event loop, for all the keys of a namespace that were asked for in it. */
export class LookupBatches {
  readonly #ask: Ask;
  /** Not sent yet, by namespace. */
  readonly #waiting = new Map<string, Batch>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** In the order of `keys`. */
  async getMany(namespace: string, keys: readonly string[]): Promise<readonly Lookup[] | undefined> {
    const waiting = this.#waiting.get(namespace);
    const hasRoom = waiting !== undefined && waiting.keys.length + keys.length <= MOST_KEYS;
    const batch = hasRoom ? waiting : this.#begin(namespace);
    const from = batch.keys.length;
    batch.keys.push(...keys);
    const found = await batch.found;
    return found?.slice(from, from + keys.length);
  }

  #begin(namespace: string): Batch {
    const { promise, resolve } = Promise.withResolvers<readonly Lookup[] | undefined>();
    const batch: Batch = { keys: [], found: promise };
    this.#waiting.set(namespace, batch);
    nextTick(() => {
      if (this.#waiting.get(namespace) === batch) this.#waiting.delete(namespace);
      resolve(this.#ask(namespace, batch.keys));
    });
    return batch;
  }
}
