import { Injectable, Logger } from '@nestjs/common';
import { CacheError, type CacheErrorCode } from '../core/errors.ts';
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

/** What was called gave a value, whose tags could not be made. */
class NoTags extends Error {
  override readonly name = 'NoTags';
}

/** Gives the values of methods and message handlers out of the cache. */
@Injectable()
export class CachedCalls {
  readonly #logger = new Logger('CachedCalls');
  /** Methods of which the log has that what they give can't be kept: once is enough. */
  readonly #reported = new Set<string>();

  constructor(private readonly namespaces: NamespacesOf) {}

  /**
   * What can't be kept, for its own sake or its tags', is given all the same: to those who waited for another's, by a call of
   * their own. It counts as a load that failed.
   *
   * @throws CacheError (as a rejection) `invalid_key`: the arguments make no key; what `run` throws
   */
  async call(called: CachedCall, options: CachedOptions, run: () => unknown): Promise<unknown> {
    const { type, method, args, kind } = called;
    if (!isCached(options, args)) return run();
    const key = keyFor(options, args, () => callKey(type.name, method, args));
    if (key === undefined) return run();
    let running: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> => (running = (async () => run())());
    try {
      const cache = this.namespaces.cache(options.namespace, kind);
      return await cache.getOrCompute(key, loaderOf(options, args, begin), lifeOf(options));
    } catch (error) {
      const isUnkept = error instanceof NoTags || hasCode(error, 'invalid_value');
      // Work in flight at a shutdown goes on to its end.
      if (!isUnkept && !hasCode(error, 'closed')) throw error;
      const value = await (running ?? run());
      if (isUnkept) this.#report(called, error as Error);
      return value;
    }
  }

  #report({ type, method }: CachedCall, { message }: Error): void {
    const name = `${type.name}.${method}`;
    if (this.#reported.has(name)) return;
    this.#reported.add(name);
    this.#logger.error(`What ${name} gives is not kept: ${message}`);
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
    try {
      load.tag(...tagsFor(options.tags, () => value, args));
    } catch (error) {
      throw new NoTags(`its tags could not be made: ${String(error)}`, { cause: error });
    }
    return value;
  };
}

function hasCode(error: unknown, code: CacheErrorCode): boolean {
  return error instanceof CacheError && error.code === code;
}

function lifeOf({ ttl, staleFor, negativeTtl, hardTimeoutMs }: CachedOptions): LoadOptions {
  return { ttl, staleFor, negativeTtl, hardTimeoutMs };
}
