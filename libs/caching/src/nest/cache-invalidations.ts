import { Injectable, Logger } from '@nestjs/common';
import type { Invalidation } from '../core/invalidation.ts';
import type { InvalidateCacheOptions } from './cached-options.ts';
import { NamespacesOf, type DefaultNamespace } from './namespaces-of.ts';

type Called<T> = (...args: readonly unknown[]) => T;

/** Carries out what `@InvalidateCache` says. */
@Injectable()
export class CacheInvalidations {
  readonly #logger = new Logger('InvalidateCache');

  constructor(private readonly namespaces: NamespacesOf) {}

  /**
   * Resolves when all of it is acknowledged. Never rejects: what was written stands, and what could not be invalidated is
   * logged, and old for as long as it lives.
   *
   * @param result what was given, or a function that makes it
   */
  async run(
    all: readonly InvalidateCacheOptions[],
    result: unknown,
    args: readonly unknown[],
    kind: DefaultNamespace,
  ): Promise<void> {
    await Promise.all(all.map((options) => this.#one(options, result, args, kind)));
  }

  async #one(
    options: InvalidateCacheOptions,
    result: unknown,
    args: readonly unknown[],
    kind: DefaultNamespace,
  ): Promise<void> {
    try {
      const { namespace } = options;
      const invalidations = invalidationsFor(options, result, args);
      await Promise.all(invalidations.map((invalidation) => this.namespaces.invalidate(namespace, kind, invalidation)));
    } catch (error) {
      this.#logger.error(`What a call has changed could not be invalidated: ${String(error)}`);
    }
  }
}

function invalidationsFor(
  { tags, keys, prefix, pattern }: InvalidateCacheOptions,
  result: unknown,
  args: readonly unknown[],
): Invalidation[] {
  const made = <T>(what: unknown): T => {
    if (typeof what !== 'function') return what as T;
    const value: unknown = typeof result === 'function' ? (result as Called<unknown>)() : result;
    return (what as Called<T>)(value, ...args);
  };
  const all: (Invalidation | undefined)[] = [
    tags === undefined ? undefined : { kind: 'tags', tags: made(tags) },
    keys === undefined ? undefined : { kind: 'keys', keys: made(keys) },
    ...[made<string | undefined>(prefix)].map((text) =>
      text === undefined ? undefined : ({ kind: 'prefix', prefix: text } as const),
    ),
    ...[made<string | undefined>(pattern)].map((text) =>
      text === undefined ? undefined : ({ kind: 'pattern', pattern: text } as const),
    ),
  ];
  return all.filter((invalidation) => invalidation !== undefined);
}
