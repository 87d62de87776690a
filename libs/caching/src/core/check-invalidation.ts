import { CacheError } from './errors.ts';
import type { Invalidation } from './invalidation.ts';
import { checkedKey, MAX_NAME_LENGTH } from './key.ts';

/** @throws CacheError `invalid_key` */
export function checkInvalidation(invalidation: Invalidation): void {
  switch (invalidation.kind) {
    case 'keys':
      for (const key of listed('keys', invalidation.keys)) checkedKey(key);
      return;
    case 'tags':
      for (const tag of listed('tags', invalidation.tags)) checkedKey(tag, 'tag', MAX_NAME_LENGTH);
      return;
    case 'prefix':
      checkedKey(invalidation.prefix, 'prefix');
      return;
    case 'pattern':
      checkedKey(invalidation.pattern, 'pattern');
      return;
    case 'all':
      return;
    default: {
      const { kind } = invalidation as { kind: unknown };
      const problem = `must be keys, tags, prefix, pattern or all; it is ${String(kind)}`;
      throw new CacheError('invalid_key', 'invalidation.kind', problem);
    }
  }
}

function listed(field: string, names: unknown): readonly string[] {
  if (Array.isArray(names)) return names as string[];
  throw new CacheError('invalid_key', field, 'must be a list of strings');
}

/** Whether there is nothing that it could concern. */
export function isNothing(invalidation: Invalidation): boolean {
  if (invalidation.kind === 'keys') return invalidation.keys.length === 0;
  return invalidation.kind === 'tags' && invalidation.tags.length === 0;
}
