export { rateLimit, shareOf, slotLimit, type Limit, type RateLimit, type SlotLimit } from './core/limit.ts';
export type {
  Asker,
  Correction,
  Decision,
  Demand,
  LimitStore,
  Refused,
  SlotHold,
  Standing,
  Taken,
} from './core/store.ts';
