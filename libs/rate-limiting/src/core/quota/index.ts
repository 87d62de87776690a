export type { AnswerHeaders } from './header-values.ts';
export type { LearnedQuota } from './quota-headers.ts';
export {
  UpstreamQuotas,
  type KnownQuota,
  type QuotaCost,
  type UpstreamQuotasOptions,
  type UpstreamQuotasStatistics,
} from './upstream-quotas.ts';
export { waitAfter, type QuotaWait, type UpstreamAnswer, type WaitReason } from './wait-after.ts';
