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

/** An answer that is ready to be given, but for its body. */
export interface AnswerFacts {
  /** Those that were kept. */
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly tags: readonly string[];
}

/** What all who are given one answer are told, whatever else their own answers say. */
export interface Told {
  readonly policy: Policy;
  /** Names and values. */
  readonly fields: readonly (readonly [string, string])[];
  /** Unless something else was said; undefined where the kept headers say it. */
  readonly cacheControl: string | undefined;
  /** Beside what was said; may be empty. */
  readonly vary: string;
  /** All of them where nothing was said, names in lower case and values in turn. */
  readonly list: readonly string[];
}

/** @param shownKey as `X-Cache-Key` shows it */
export function told({ headers, etag, tags }: AnswerFacts, shownKey: string, policy: Policy): Told {
  const shownTags = tags.length === 0 ? [] : policy.tagHeaders;
  const fields = [
    ...Object.entries(headers),
    ['etag', etag] as const,
    ['x-cache-key', shownKey] as const,
    ...shownTags.map((name) => [name, listed(name, tags)] as const),
  ];
  const cacheControl = headers['cache-control'] === undefined ? policy.cacheControl : undefined;
  const vary = varyOf(policy.vary);
  const control = cacheControl === undefined ? [] : ['cache-control', cacheControl];
  const lower = fields.flatMap(([name, value]) => [name.toLowerCase(), value]);
  const list = [...lower, ...control, ...(vary === '' ? [] : ['vary', vary])];
  return { policy, fields, cacheControl, vary, list };
}

/** Puts that on an answer; what the handler, or hooks before it, have decided of caches stays. */
export function tell(exchange: Exchange, { policy, fields, cacheControl, vary }: Told): void {
  for (const [name, value] of fields) exchange.setHeader(name, value);
  if (cacheControl !== undefined && exchange.headerSoFar('cache-control') === undefined) {
    exchange.setHeader('cache-control', cacheControl);
  }
  const given = exchange.headerSoFar('vary');
  const all = given === undefined ? vary : varyOf([...new Set([...namesIn(given), ...policy.vary])]);
  if (all !== '') exchange.setHeader('vary', all);
}

function varyOf(names: readonly string[]): string {
  return names.includes('*') ? '*' : names.join(', ');
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
