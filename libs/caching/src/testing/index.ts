export {
  createTestBus,
  randomBusFaults,
  TestBus,
  TestBusConnection,
  type BusFault,
  type BusFaultRates,
  type BusLink,
} from './bus/test-bus.ts';
export {
  alwaysDelays,
  alwaysThrows,
  chaotic,
  neverAnswers,
  randomFaults,
  type Fault,
  type FaultRates,
  type StoreCall,
} from './stores/chaotic-store.ts';
export { describeStore, type StoreTraits } from './stores/describe-store.ts';
export type { StoreHarness } from './stores/harness.ts';
export type { TestRunner } from './stores/runner.ts';
export { createSharedStore } from './stores/shared-store.ts';
export { VirtualTime } from './time/virtual-time.ts';
