import { hash } from 'node:crypto';
import { key } from '@purser/caching';
import { cacheTags } from '@purser/contracts';
import type { Resolution } from '../configuration/snapshot.ts';
import { canonicalJson } from '../json/canonical-json.ts';

/**
 * What an answer is kept under: the account, the name that was asked for, and a digest of the whole request and of the
 * state of the route and its targets. Every field of the body counts, also those that only say who asks (`user`,
 * `metadata`): whom a client tells apart gets no answer of another. An answer to what was asked under another state of the
 * configuration is never found, whoever has heard of the change.
 *
 * @param body the request, a JSON object
 */
export function answerKey(accountId: string, { route, revision }: Resolution, body: Buffer): string {
  return key(accountId, route, hash('sha256', `${revision} ${canonicalJson(body)}`, 'base64url'));
}

/** What a kept answer belongs to, but for the model and provider that give it. */
export function answerTags(accountId: string, { route }: Resolution): string[] {
  // The name of a route has no slash, that of a model with its provider has one.
  const tags = [cacheTags.account(accountId)];
  return route.includes('/') ? tags : [...tags, cacheTags.route(route)];
}
