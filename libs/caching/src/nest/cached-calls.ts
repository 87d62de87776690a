import { Injectable } from '@nestjs/common';
import { CacheError } from '../core/errors.ts';
import type { Loader } from '../core/loader.ts';
import type { LoadOptions } from '../core/options.ts';
import type { WarmEntry } from '../core/warmer.ts';
import { callKey, isCached, keyFor, tagsFor } from './call-functions.ts';
import { cachedOptionsOf } from './cached-metadata.ts';
import { invalid, type CachedOptions } from './cached-options.ts';
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
    try {
      const cache = this.namespaces.cache(options.namespace, kind);
      return await cache.getOrCompute(key, loaderOf(options, args, run), lifeOf(options));
    } catch (error) {
      // Work in flight at a shutdown goes on to its end.
      if (error instanceof CacheError && error.code === 'closed') return run();
      throw error;
    }
  }

  /**
   * What a message handler that is `@Cached` will give, for `CacheWarmer.warm`: by the key that its messages are read by.
   *
   * @param payload as the handler gets it, defaults filled in
   * @throws CacheError `invalid_option`: the method is not cached, or not with this payload; `invalid_key`
   */
  warmEntry<T extends object>(controller: T, method: keyof T & string, payload: unknown): WarmEntry {
    const type = controller.constructor;
    const handler = controller[method] as Function;
    const options = cachedOptionsOf(type, handler);
    const args = [payload];
    const key = options && isCached(options, args) && keyFor(options, args, () => callKey(type.name, method, args));
    if (!options || !key) throw invalid('method', `${type.name}.${method} is not cached with this payload`);
    const load = loaderOf(options, args, () => handler.call(controller, payload) as unknown);
    const namespace = this.namespaces.cache(options.namespace, 'messages').name;
    return { namespace, key, load, options: lifeOf(options) };
  }
}

function loaderOf(options: CachedOptions, args: readonly unknown[], run: () => unknown): Loader<unknown> {
  return async (load) => {
    const value: unknown = await run();
    load.tag(...tagsFor(options.tags, () => value, args));
    return value;
  };
}

function lifeOf({ ttl, staleFor, negativeTtl, hardTimeoutMs }: CachedOptions): LoadOptions {
  return { ttl, staleFor, negativeTtl, hardTimeoutMs };
}
