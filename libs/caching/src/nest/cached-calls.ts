import { Injectable } from '@nestjs/common';
import { CacheError } from '../core/errors.ts';
import type { Load } from '../core/loader.ts';
import { callKey, isCached, keyFor, tagsFor } from './call-functions.ts';
import type { CachedOptions } from './cached-options.ts';
import { NamespacesOf, type DefaultNamespace } from './namespaces-of.ts';

/** A call whose value may be in the cache. */
export interface CachedCall {
  readonly type: Function;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kind: DefaultNamespace;
}

/** Gives the values of methods and message handlers out of the cache. */
@Injectable()
export class CachedCalls {
  constructor(private readonly namespaces: NamespacesOf) {}

  /**
   * @throws CacheError (as a rejection) `invalid_key`: the arguments make no key; `invalid_value`: the method gave what JSON
   * can't carry; what `run` throws
   */
  async call({ type, method, args, kind }: CachedCall, options: CachedOptions, run: () => unknown): Promise<unknown> {
    if (!isCached(options, args)) return run();
    const key = keyFor(options, args, () => callKey(type.name, method, args));
    if (key === undefined) return run();
    const load = async (load: Load): Promise<unknown> => {
      const value: unknown = await run();
      load.tag(...tagsFor(options.tags, () => value, args));
      return value;
    };
    const { ttl, staleFor, negativeTtl, hardTimeoutMs } = options;
    const life = { ttl, staleFor, negativeTtl, hardTimeoutMs };
    try {
      return await this.namespaces.cache(options.namespace, kind).getOrCompute(key, load, life);
    } catch (error) {
      // Work in flight at a shutdown goes on to its end.
      if (error instanceof CacheError && error.code === 'closed') return run();
      throw error;
    }
  }
}
