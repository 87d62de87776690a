export { monotonicClock, type Clock } from './clock.ts';
export { Grant } from './grant.ts';
export { rateLimitHeaders, type Header } from './headers.ts';
export { rateLimit, shareOf, slotLimit, type Limit, type RateLimit, type SlotLimit } from './limit.ts';
export { LimitExceeded, LimiterClosed, type Refusal, type RefusalReason } from './limit-exceeded.ts';
export { Limiter, type TakeOptions } from './limiter.ts';
export { rateLimitMetrics, type Metric, type MetricSample } from './metrics.ts';
export type { AcquireOptions, LimiterOptions, QueueOptions } from './options.ts';
export { LimitStoreError, type StoreFailure } from './store-error.ts';
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
  WaitingClient,
  WaitingLine,
} from './store.ts';
export { MemoryStore, type MemoryStoreOptions, type MemoryStoreStatistics } from '../stores/memory/index.ts';
export {
  FallbackStore,
  type AvailabilityChange,
  type FallbackStatistics,
  type FallbackStoreOptions,
} from '../stores/fallback/index.ts';
export type { ClientStatistics, LimiterStatistics, LimitStatistics, RefusalCounts } from './statistics.ts';
export type { WaitStatistics } from './wait-times.ts';
export {
  UpstreamQuotas,
  waitAfter,
  type AnswerHeaders,
  type KnownQuota,
  type LearnedQuota,
  type QuotaCost,
  type QuotaWait,
  type UpstreamAnswer,
  type UpstreamQuotasOptions,
  type UpstreamQuotasStatistics,
  type WaitReason,
} from './quota/index.ts';
