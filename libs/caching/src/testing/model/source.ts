import type { Clock } from '../../core/clock.ts';
import type { Invalidation } from '../../core/invalidation.ts';
import { concernOf } from '../stores/reference-store.ts';

export const NAMESPACES = ['one', 'two'] as const;
export const KEYS = ['a:1', 'b:1', 'a*'] as const;

/** What a key's value is made from. */
export function tagsOf(key: string): readonly string[] {
  const [first, second] = key.split(':');
  return second === undefined ? [] : [`of-${first}`, `at-${second}`];
}

/** What a reader may be given: the truth of some moment. */
export interface Versioned {
  readonly namespace: string;
  readonly key: string;
  readonly version: number;
}

/** Nothing older than `version` may be read of a key. */
export interface Floor extends Versioned {
  /** Which replica acknowledged the invalidation. */
  readonly by: number;
  /** What is left until it holds for other replicas. */
  leftMs: number;
}

/** The truth: a number for each key that only goes up, and when each was last said to hold. */
export class Source {
  readonly #clock: Clock;
  readonly #versions = new Map<string, number>();
  readonly #saidAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  versionOf(namespace: string, key: string): number {
    return this.#versions.get(`${namespace} ${key}`) ?? 1;
  }

  write(namespace: string, key: string): void {
    this.#versions.set(`${namespace} ${key}`, this.versionOf(namespace, key) + 1);
  }

  read(namespace: string, key: string): Versioned {
    return { namespace, key, version: this.versionOf(namespace, key) };
  }

  /** A loader gave a value, or said that it holds: its life begins. */
  says({ namespace, key, version }: Versioned): void {
    this.#saidAt.set(`${namespace} ${key} ${version}`, this.#clock.now());
  }

  saidAt({ namespace, key, version }: Versioned): number {
    return this.#saidAt.get(`${namespace} ${key} ${version}`) ?? -Infinity;
  }

  /** What must not be read any more once an invalidation that begins now is acknowledged. */
  floorsOf(namespace: string, invalidation: Invalidation): readonly Versioned[] {
    const concerns = concernOf(invalidation);
    return KEYS.filter((key) => concerns(key, { tags: tagsOf(key) })).map((key) => this.read(namespace, key));
  }
}
