import type { InvalidationBus } from './bus.ts';
import { CacheError } from './errors.ts';
import type { TierOptions } from './tier.ts';

const STORE = ['getMany', 'set', 'invalidate', 'statistics', 'close'] as const;
const BUS = ['publish', 'subscribe'] as const;

/** @throws CacheError `invalid_option` where it has no store, such as where it is one itself */
export function checkedTier(tier: TierOptions): TierOptions {
  requireMethods('tiers.store', tier?.store, STORE);
  if (typeof tier.store.name === 'string' && typeof tier.store.shared === 'boolean') return tier;
  throw new CacheError('invalid_option', 'tiers.store', 'must have a name, and say whether it is shared');
}

/** @throws CacheError `invalid_option` */
export function checkedBus(bus: InvalidationBus): InvalidationBus {
  requireMethods('bus.bus', bus, BUS);
  return bus;
}

function requireMethods<T>(field: string, part: T | undefined, methods: readonly (keyof T & string)[]): void {
  const missing = methods.filter((method) => typeof part?.[method] !== 'function');
  if (missing.length > 0) throw new CacheError('invalid_option', field, `has no ${missing.join(', ')}`);
}
