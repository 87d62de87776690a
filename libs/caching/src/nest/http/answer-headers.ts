import type { CachedOptions } from '../cached-options.ts';
import type { Exchange } from './exchange.ts';
import { namesIn } from './stored-headers.ts';

/** What the cache did for an answer. */
export type CacheMark = 'HIT' | 'MISS' | 'BYPASS' | 'STALE';

/** What a route's answers carry for caches on their way. */
export interface Policy {
  readonly cacheControl: string;
  /** Request headers that the key has, in lower case: `Vary`. */
  readonly vary: readonly string[];
  /** The headers that the tags are shown in. */
  readonly tagHeaders: readonly string[];
}

export function policyOf(options: CachedOptions, surrogateKeyHeaders: readonly string[]): Policy {
  const shared = options.scope === 'shared';
  const showsTags = options.surrogateKeys ?? shared;
  const named = (options.vary ?? []).map((name) => name.toLowerCase());
  return {
    cacheControl: cacheControlOf(options, shared),
    // A browser's cache outlives a change of user.
    vary: [...new Set(shared ? named : ['authorization', 'cookie', ...named])],
    tagHeaders: showsTags ? surrogateKeyHeaders : [],
  };
}

/** Adds what a cache says of an answer; what the handler has decided itself stays. */
export function addPolicy(exchange: Exchange, policy: Policy, tags: readonly string[]): void {
  const headers = exchange.headers();
  if (headers['cache-control'] === undefined) exchange.setHeader('cache-control', policy.cacheControl);
  const vary = [...new Set([...namesIn(headers['vary']), ...policy.vary])];
  if (vary.length > 0) exchange.setHeader('vary', vary.includes('*') ? '*' : vary.join(', '));
  if (tags.length === 0) return;
  for (const name of policy.tagHeaders) exchange.setHeader(name, listed(name, tags));
}

function cacheControlOf({ browser, cdnMaxAge }: CachedOptions, shared: boolean): string {
  const directives = [shared ? 'public' : 'private'];
  if (browser === undefined) directives.push('no-cache');
  else directives.push(`max-age=${seconds(browser.maxAge)}`);
  if (cdnMaxAge !== undefined) directives.push(`s-maxage=${seconds(cdnMaxAge)}`);
  if (browser?.staleFor !== undefined) directives.push(`stale-while-revalidate=${seconds(browser.staleFor)}`);
  return directives.join(', ');
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

/** Tags may have any characters; the headers list them between spaces or commas. */
function listed(header: string, tags: readonly string[]): string {
  return tags
    .map((tag) => encodeURI(tag).replaceAll(',', '%2C'))
    .join(header.toLowerCase() === 'cache-tag' ? ',' : ' ');
}
