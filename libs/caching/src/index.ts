export type { InvalidationBus } from './core/bus.ts';
export { CacheError, type CacheErrorCode } from './core/errors.ts';
export type { Invalidation } from './core/invalidation.ts';
export { key, type KeyPart } from './core/key.ts';
export type {
  FoundEntry,
  LoadLock,
  Lookup,
  Position,
  Store,
  StoredEntry,
  StoreSize,
  StoreStatistics,
  Storing,
} from './core/store.ts';
