import type { Store } from '../../core/store.ts';
import { randomFrom } from '../random.ts';

/** The calls of a store that can go wrong. */
export type StoreCall = 'getMany' | 'set' | 'invalidate' | 'purge' | 'lock';

/**
 * What goes wrong with a call.
 *
 * - `throw`: it fails, and nothing was done
 * - `lose`: it is done, and fails all the same: its answer was lost
 * - `drop`: it is lost: nothing is done, and no answer ever comes
 * - `delay`: it begins `ms` later; calls that are delayed unequally overtake each other
 * - `duplicate`: it is done twice, the second time `ms` after it was answered
 */
export type Fault =
  | { readonly kind: 'throw' | 'lose'; readonly error?: Error }
  | { readonly kind: 'drop' }
  | { readonly kind: 'delay' | 'duplicate'; readonly ms: number };

/** A store whose calls go wrong as `next` says of each; undefined: this one does not. */
export function chaotic(store: Store, next: (call: StoreCall) => Fault | undefined): Store {
  const through = <T>(call: StoreCall, run: () => Promise<T>): Promise<T> => withFault(next(call), run);
  return {
    name: store.name,
    shared: store.shared,
    getMany: (...args) => through('getMany', () => store.getMany(...args)),
    set: (...args) => through('set', () => store.set(...args)),
    invalidate: (...args) => through('invalidate', () => store.invalidate(...args)),
    ...(store.purge && { purge: () => through('purge', () => store.purge!()) }),
    ...(store.lock && { lock: (...args) => through('lock', () => store.lock!(...args)) }),
    statistics: () => store.statistics(),
    close: () => store.close(),
  };
}

/** Every call fails, and nothing is done. */
export function alwaysThrows(store: Store, error = new Error('The store fails, as it was told.')): Store {
  return chaotic(store, () => ({ kind: 'throw', error }));
}

/** Every call begins `ms` later. */
export function alwaysDelays(store: Store, ms: number): Store {
  return chaotic(store, () => ({ kind: 'delay', ms }));
}

/** No call is ever answered. */
export function neverAnswers(store: Store): Store {
  return chaotic(store, () => ({ kind: 'drop' }));
}

/** How often, of 1, each thing goes wrong; the rest goes well. */
export interface FaultRates {
  readonly throw?: number;
  readonly lose?: number;
  readonly drop?: number;
  readonly delay?: number;
  readonly duplicate?: number;
  /** The longest delay; each is somewhere between nothing and this, so that calls are reordered. Default 5. */
  readonly maxDelayMs?: number;
}

/** Faults by chance: the same ones for the same seed, in the order of the calls. */
export function randomFaults(seed: number, rates: FaultRates): (call: StoreCall) => Fault | undefined {
  const random = randomFrom(seed);
  const kinds = ['throw', 'lose', 'drop', 'delay', 'duplicate'] as const;
  return () => {
    let left = random();
    const ms = Math.floor(random() * ((rates.maxDelayMs ?? 5) + 1));
    for (const kind of kinds) {
      left -= rates[kind] ?? 0;
      if (left < 0) return kind === 'delay' || kind === 'duplicate' ? { kind, ms } : { kind };
    }
    return undefined;
  };
}

async function withFault<T>(fault: Fault | undefined, run: () => Promise<T>): Promise<T> {
  switch (fault?.kind) {
    case undefined:
      return run();
    case 'throw':
      throw fault.error ?? new Error('The call failed.');
    case 'lose':
      await run();
      throw fault.error ?? new Error('The answer was lost.');
    case 'drop':
      return new Promise<T>(() => undefined);
    case 'delay':
      await sleep(fault.ms);
      return run();
    case 'duplicate': {
      const answer = await run();
      // Nobody waits for it: whether it succeeds is nobody's concern.
      void sleep(fault.ms)
        .then(run)
        .catch(() => undefined);
      return answer;
    }
  }
}

/** By the global timer, which tests may have replaced. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
