export { describeLimitStore, type LimitStoreTraits } from './stores/describe-limit-store.ts';
export type { LimitStoreHarness } from './stores/harness.ts';
export type { TestRunner } from './stores/runner.ts';
export { VirtualClock } from './virtual-clock.ts';
