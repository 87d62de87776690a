import { UseInterceptors } from '@nestjs/common';
import { CachedInterceptor } from './cached.interceptor.ts';
import {
  checkedCachedOptions,
  checkedInvalidations,
  type CachedOptions,
  type InvalidateCacheOptions,
} from './cached-options.ts';
import { CACHED, INVALIDATES } from './cached-metadata.ts';
import { InvalidateCacheInterceptor } from './invalidate-cache.interceptor.ts';

type AnyDecorator = ClassDecorator & MethodDecorator;

/**
 * Caches what a method gives, or all methods of a class.
 *
 * - **A provider's method** (it has to return a promise): its value, by class, method and arguments. Values are JSON, and what
 *   is given out is frozen. It goes through the cache for whoever calls it on the injected instance.
 * - **An HTTP handler**: its answer to GET, and to HEAD from what GET left, per caller unless `scope` says otherwise. Only
 *   answers with status 200, of text in UTF-8, of bounded size, without cookies; see {@link CachedOptions}.
 * - **A message handler** (request and reply): its value, by payload.
 *
 * On a class it concerns neither methods with an `@InvalidateCache` or `@Cached` of their own nor Nest's lifecycle hooks.
 * A cache that fails never fails a call. Needs `CacheModule.forRoot`.
 *
 * @throws CacheError `invalid_option`
 */
export function Cached(options: CachedOptions = {}): AnyDecorator {
  return decorate(CACHED, checkedCachedOptions(options), CachedInterceptor);
}

/**
 * Invalidates after a method, HTTP handler or message handler succeeded: after a 2xx, or once its promise resolved. The
 * caller gets its answer when that is done. An invalidation that fails is logged and fails nothing.
 *
 * @throws CacheError `invalid_option`
 */
export function InvalidateCache(...invalidations: readonly InvalidateCacheOptions[]): AnyDecorator {
  return decorate(INVALIDATES, checkedInvalidations(invalidations), InvalidateCacheInterceptor);
}

function decorate(token: symbol, options: unknown, interceptor: Function): AnyDecorator {
  const use = UseInterceptors(interceptor);
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(token, options, (descriptor?.value as object | undefined) ?? target);
    if (name === undefined) use(target as Function);
    else use(target, name, descriptor!);
  };
}
