import { CacheError } from '../core/errors.ts';
import type { KeyPart } from '../core/key.ts';
import { MAX_KEEP_MS, MAX_LOAD_MS, within, type LoadOptions } from '../core/options.ts';

/**
 * What the functions among the options are called with: a provider's method with its arguments, an HTTP handler with the
 * adapter's request, a message handler with the payload and the context.
 */
type Arguments = readonly never[];

/** Tags, or what makes them of the result (an HTTP answer's body, parsed where it is JSON) and the arguments. */
export type TagsOption = readonly string[] | ((result: never, ...args: Arguments) => readonly string[]);

/** How long clients may use an answer without asking again. Milliseconds since it was made, whole seconds of which count. */
export interface BrowserOptions {
  readonly maxAge: number;
  /** How long after that, while they ask again. */
  readonly staleFor?: number;
}

export interface CachedOptions extends Pick<LoadOptions, 'ttl' | 'staleFor' | 'hardTimeoutMs'> {
  /** Default `http`, `messages` or `methods`, by what is cached; after the `service` of `forRoot`, where that is given. */
  readonly namespace?: string;
  /** How long it is remembered that a method or message handler gave `undefined`. Default 0. */
  readonly negativeTtl?: number;
  readonly tags?: TagsOption;
  /**
   * What the key is made of; `undefined`: not cached this time. Default: class, method and arguments; of HTTP the path and
   * query. HTTP adds who asks in any case, unless the scope is `shared`.
   */
  readonly keyGenerator?: (...args: Arguments) => string | readonly KeyPart[] | undefined;
  /** Whether the cache is used at all this time. */
  readonly condition?: (...args: Arguments) => boolean;
  /** HTTP: who shares an answer. Default `caller`: those who `callerOf` says are one. `shared`: everybody who gets past the guards. */
  readonly scope?: 'caller' | 'shared';
  /** HTTP: request headers that the answer depends on, beside who asks. They are put into `Vary`. */
  readonly vary?: readonly string[];
  /** HTTP: default: clients ask each time (`no-cache`), which costs a 304. */
  readonly browser?: BrowserOptions;
  /** HTTP: how long a CDN may use a shared answer without asking, in milliseconds (`s-maxage`). */
  readonly cdnMaxAge?: number;
  /** HTTP: whether the tags are shown to a CDN. Default: where the scope is `shared`. */
  readonly surrogateKeys?: boolean;
  /** HTTP: whether requests with `Cache-Control: no-cache` and `no-store` have their way. Default: not where it is `shared`. */
  readonly clientMayRefresh?: boolean;
}

type Names = readonly string[] | ((result: never, ...args: Arguments) => readonly string[]);
type Name = string | ((result: never, ...args: Arguments) => string | undefined);

/** What a successful call makes untrue. At least one of `tags`, `keys`, `prefix` and `pattern`. */
export interface InvalidateCacheOptions {
  /** Default as with `@Cached`: `http`, `messages` or `methods`, by what the decorator is on. */
  readonly namespace?: string;
  readonly tags?: Names;
  readonly keys?: Names;
  readonly prefix?: Name;
  readonly pattern?: Name;
}

/** Options that concern HTTP alone. */
export const HTTP_OPTIONS = ['scope', 'vary', 'browser', 'cdnMaxAge', 'surrogateKeys', 'clientMayRefresh'] as const;

/** @throws CacheError `invalid_option` */
export function checkedCachedOptions(options: CachedOptions): CachedOptions {
  const { scope = 'caller', browser, cdnMaxAge, vary = [] } = options;
  if (!['caller', 'shared'].includes(scope)) throw invalid('scope', `must be caller or shared; it is ${String(scope)}`);
  checkLives(options);
  if (browser !== undefined) checkDuration('browser.maxAge', browser.maxAge);
  if (browser?.staleFor !== undefined) checkDuration('browser.staleFor', browser.staleFor);
  if (cdnMaxAge !== undefined) checkDuration('cdnMaxAge', cdnMaxAge);
  if (cdnMaxAge !== undefined && scope !== 'shared') {
    throw invalid('cdnMaxAge', 'needs scope: shared: what a CDN keeps, it gives to everybody');
  }
  const unclear = vary.find((name) => !/^[!#$%&'+.^_`|~0-9a-z-]+$/i.test(name));
  if (unclear !== undefined) throw invalid('vary', `must name request headers; ${JSON.stringify(unclear)} is none`);
  return options;
}

/** @throws CacheError `invalid_option` */
export function checkedInvalidations(all: readonly InvalidateCacheOptions[]): readonly InvalidateCacheOptions[] {
  const isEmpty = ({ tags, keys, prefix, pattern }: InvalidateCacheOptions): boolean =>
    [tags, keys, prefix, pattern].every((what) => what === undefined);
  if (all.length > 0 && !all.some(isEmpty)) return all;
  throw invalid('InvalidateCache', 'must name tags, keys, a prefix or a pattern');
}

/** As far as any namespace could have it. */
function checkLives({ ttl, staleFor, negativeTtl, hardTimeoutMs }: CachedOptions): void {
  if (ttl !== undefined) within('ttl', ttl, 1, MAX_KEEP_MS);
  if (staleFor !== undefined) within('staleFor', staleFor, 0, MAX_KEEP_MS);
  if (negativeTtl !== undefined) within('negativeTtl', negativeTtl, 0, MAX_KEEP_MS);
  if (hardTimeoutMs !== undefined) within('hardTimeoutMs', hardTimeoutMs, 1, MAX_LOAD_MS);
}

function checkDuration(field: string, ms: number): void {
  if (!(ms >= 0 && ms <= 31_536_000_000)) throw invalid(field, `must be milliseconds, at most a year; it is ${ms}`);
}

export function invalid(field: string, problem: string): CacheError {
  return new CacheError('invalid_option', field, problem);
}
