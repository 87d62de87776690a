import type { CachedOptions, InvalidateCacheOptions } from './cached-options.ts';

/** Where the decorators leave their options: on the method, or on the class. */
export const CACHED = Symbol('@Cached');
export const INVALIDATES = Symbol('@InvalidateCache');
/** Nest's metadata of message handlers. */
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT_HANDLER = 2;

/** What `@Cached` says of a method, or of its class; a write in a cached class is not cached. */
export function cachedOptionsOf(type: Function, method: Function): CachedOptions | undefined {
  const own = Reflect.getMetadata(CACHED, method) as CachedOptions | undefined;
  if (own !== undefined || Reflect.hasMetadata(INVALIDATES, method)) return own;
  return Reflect.getMetadata(CACHED, type) as CachedOptions | undefined;
}

export interface Invalidations {
  readonly all: readonly InvalidateCacheOptions[];
  /** Whether the class says it, and not the method. */
  readonly ofClass: boolean;
}

/** What `@InvalidateCache` says of a method, or of its class; a cached method in such a class is no write. */
export function invalidationsOf(type: Function, method: Function): Invalidations | undefined {
  const own = Reflect.getMetadata(INVALIDATES, method) as readonly InvalidateCacheOptions[] | undefined;
  if (own !== undefined) return { all: own, ofClass: false };
  const all = Reflect.getMetadata(INVALIDATES, type) as readonly InvalidateCacheOptions[] | undefined;
  return all === undefined || Reflect.hasMetadata(CACHED, method) ? undefined : { all, ofClass: true };
}

/** Whether a method answers messages; events, which others are told of, have no answer. */
export function answersMessages(method: Function): boolean {
  const kind: unknown = Reflect.getMetadata(HANDLER_TYPE, method);
  return kind !== undefined && kind !== EVENT_HANDLER;
}
