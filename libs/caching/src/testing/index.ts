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
