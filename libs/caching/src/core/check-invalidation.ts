import type { Invalidation } from './invalidation.ts';
import { checkedKey, MAX_NAME_LENGTH } from './key.ts';

/** @throws CacheError `invalid_key` */
export function checkInvalidation(invalidation: Invalidation): void {
  switch (invalidation.kind) {
    case 'keys':
      for (const key of invalidation.keys) checkedKey(key);
      return;
    case 'tags':
      for (const tag of invalidation.tags) checkedKey(tag, 'tag', MAX_NAME_LENGTH);
      return;
    case 'prefix':
      checkedKey(invalidation.prefix, 'prefix');
      return;
    case 'pattern':
      checkedKey(invalidation.pattern, 'pattern');
      return;
    case 'all':
  }
}

/** Whether there is nothing that it could concern. */
export function isNothing(invalidation: Invalidation): boolean {
  if (invalidation.kind === 'keys') return invalidation.keys.length === 0;
  return invalidation.kind === 'tags' && invalidation.tags.length === 0;
}
