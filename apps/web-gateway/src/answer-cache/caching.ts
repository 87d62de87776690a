import { invalidField } from '@purser/errors';
import type { Resolution } from '../configuration/snapshot.ts';

/** What a request wants of the answer cache; `bypass` where it could have an answer kept but will not. */
export type Caching = { readonly kind: 'on'; readonly ttlMs: number } | { readonly kind: 'bypass' };

/** Where a request asks for the cache and its route says no life. */
const DEFAULT_TTL_SECONDS = 300;

/**
 * Whether a request goes through the answer cache: as its header `x-purser-cache` says, else as its route does. Undefined
 * where neither says anything.
 *
 * @throws DomainError `invalid_request` for a header that is neither `on` nor `off`
 */
export function cachingOf(header: string | string[] | undefined, { cacheTtlSeconds }: Resolution): Caching | undefined {
  if (header === undefined && cacheTtlSeconds === null) return undefined;
  if (header === 'off') return { kind: 'bypass' };
  if (header !== undefined && header !== 'on') throw invalidField('x-purser-cache', 'must be "on" or "off"');
  return { kind: 'on', ttlMs: (cacheTtlSeconds ?? DEFAULT_TTL_SECONDS) * 1_000 };
}
