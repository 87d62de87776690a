import type { FastifyRequest } from 'fastify';
import { accessOf } from './access.ts';

const ownedBy = new Map<string, boolean>();

/**
 * Names those who are given one another's cached answers. What belongs to nobody is the same for all whose role lets them
 * read it, which was checked before. Of what belongs to accounts a caller sees what its role, its account and the tree of
 * accounts say: admins see all of it, others share with callers of their role and account. The configuration's version
 * stands for the tree: what was answered by an older one is not given out by a newer.
 */
export function sharersOf({ routeOptions, caller, configurationVersion }: FastifyRequest): string {
  if (!isOwned(routeOptions.url!)) return 'all';
  const seen = caller.role === 'admin' ? 'admin' : `${caller.role} ${caller.accountId}`;
  return `${seen} ${configurationVersion}`;
}

/** By the route's pattern, of which there are few. */
function isOwned(pattern: string): boolean {
  let owned = ownedBy.get(pattern);
  if (owned === undefined) ownedBy.set(pattern, (owned = accessOf('GET', pattern).owned));
  return owned;
}
