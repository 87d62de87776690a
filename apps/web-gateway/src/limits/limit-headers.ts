import { rateLimitHeaders, type Standing } from '@purser/rate-limiting';
import type { FastifyRequest } from 'fastify';

const NONE: readonly string[] = Object.freeze([]);
const OLDER = 'X-RateLimit-';

/**
 * What an answer says of its caller's limits, names and values in turn: `RateLimit` and `RateLimit-Policy` of all, the
 * older `X-RateLimit-*` of its requests. Nothing where none applies.
 */
export function limitHeaders({ count }: FastifyRequest): readonly string[] {
  const standings = count?.standings;
  if (standings === undefined || standings.length === 0) return NONE;
  const requests = standings.filter(isOfRequests);
  const headers = rateLimitHeaders(standings);
  if (requests.length === standings.length) return headers.flat();
  const current = headers.filter(([name]) => !name.startsWith(OLDER));
  return [...current, ...rateLimitHeaders(requests).filter(([name]) => name.startsWith(OLDER))].flat();
}

function isOfRequests({ limit }: Standing): boolean {
  return limit.name.endsWith('-requests');
}
