export { FallbackStore, type FallbackStatistics, type FallbackStoreOptions } from './fallback-store.ts';
export type { AvailabilityChange } from './primary-watch.ts';
