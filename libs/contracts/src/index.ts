export {
  defineEvent,
  definePublish,
  defineRequest,
  type AnswerOf,
  type EventContract,
  type PayloadOf,
  type PublishContract,
  type ReceivedOf,
  type RequestContract,
  type RequestOf,
  type ResponseOf,
} from './define.ts';
export { jsonSchemaOf } from './json-schema.ts';
export { invalidFrom, validate } from './validate.ts';
export { paginate, pagination, type Pagination, type ResourceContract } from './pagination.ts';
export { MAX_VISIBLE_ACCOUNTS, visibleTo } from './visibility.ts';
export {
  askCacheStatistics,
  cacheInvalidated,
  cacheInvalidation,
  cacheMessages,
  cacheStatistics,
  cacheStatisticsOfAll,
  tellCacheStatistics,
  type CacheStatisticsOfAll,
  type CacheStatisticsOfReplica,
} from './caching/caching.ts';
export { limitReset, limitsReset, resetLimits } from './traffic/limits.ts';
export { cacheNamespaces, cacheTags } from './caching/namespaces.ts';
export { replicaPresence } from './traffic/presence.ts';
export {
  askTrafficStatistics,
  dependenciesOfAll,
  limitersOfAll,
  poolsOfAll,
  tellTrafficStatistics,
  trafficStatistics,
  type DependenciesOfAll,
  type LimitersOfAll,
  type PoolsOfAll,
  type TrafficStatistics,
} from './traffic/statistics.ts';
export { account, accounts, type Account } from './budget/accounts.ts';
export { apiKey, apiKeys, createdApiKey, role, type ApiKey, type Role } from './budget/keys.ts';
export type { CallerLimits, ProviderLimits } from './budget/limits.ts';
export { budget, budgetFilter, budgets, windowKind, type Budget, type WindowKind } from './budget/budgets.ts';
export { provider, providerChanges, providerInput, providers, type Provider } from './budget/providers.ts';
export { model, models, type Model } from './budget/models.ts';
export { MAX_ANSWER_TTL_SECONDS, route, routes, type Route } from './budget/routes.ts';
export {
  configurationChanged,
  configurationEntry,
  readConfiguration,
  type AccountEntry,
  type BudgetEntry,
  type ConfigurationEntry,
  type KeyEntry,
  type ModelEntry,
  type ProviderEntry,
  type RouteEntry,
} from './budget/configuration.ts';
export {
  hello,
  lease,
  leaseState,
  leasesQuery,
  leaseView,
  listLeases,
  recall,
  recover,
  releaseLease,
  type LeaseView,
} from './budget/leases.ts';
export {
  attemptReason,
  cacheOutcome,
  settle,
  settledUsage,
  tokenUsage,
  usageRecord,
  usageSettled,
  type AttemptReason,
  type CacheOutcome,
  type SettledUsage,
  type TokenUsage,
  type UsageRecord,
} from './budget/settlement.ts';
export { ledgerEntry, ledgerQuery, listLedger, type LedgerEntry, type LedgerKind } from './budget/ledger.ts';
export {
  CATALOGUE_FORMAT,
  catalogueEntries,
  catalogueFile,
  catalogueFrame,
  catalogueParts,
  catalogueRevision,
  exportCatalogue,
  importCatalogue,
  importQuery,
  importResult,
  MAX_CATALOGUE_BYTES,
  MAX_CATALOGUE_ENTRIES,
  MAX_LISTED_CHANGES,
  stageCatalogue,
  type CatalogueSection,
  type ImportResult,
} from './reports/catalogue.ts';
export { domain, domainInput, domains, pageDomains, type Domain, type DomainInput } from './reports/domains.ts';
export {
  objective,
  objectiveInput,
  objectives,
  pageObjectives,
  type Objective,
  type ObjectiveInput,
} from './reports/objectives.ts';
export {
  countMetrics,
  getMetricPolicy,
  MAX_STATS_VALUES,
  metricPolicy,
  metricStats,
  type MetricPolicy,
  type MetricStats,
} from './reports/metric-views.ts';
export {
  betterDirection,
  expectedDirection,
  type BetterDirection,
  type ExpectedDirection,
} from './reports/directions.ts';
export {
  metric,
  metricChanges,
  metricId,
  metricInput,
  metrics,
  metricSearch,
  metricsFound,
  pageMetrics,
  searchMetrics,
  type Metric,
  type MetricInput,
  type MetricTargets,
} from './reports/metrics.ts';
export {
  latencyDistribution,
  sumUsage,
  topUsage,
  usageDashboard,
  usageDashboardQuery,
  usageDimensions,
  usageLatency,
  usageLatencyQuery,
  usageSum,
  usageSumQuery,
  usageTopQuery,
  usageTotals,
  type LatencyDistribution,
  type UsageDashboard,
  type UsageDimension,
  type UsageMeasure,
  type UsageSum,
  type UsageTotals,
} from './reports/usage-reports.ts';
export {
  exportFormats,
  exportUsage,
  listUsage,
  usageExportQuery,
  usageQuery,
  usageRow,
  type UsageRow,
} from './reports/usage.ts';
export {
  createdSource,
  source,
  sourceChanges,
  sourceInput,
  sources,
  sourceSecrets,
  syncSource,
  type Source,
} from './training/sources.ts';
export { MAX_WEBHOOK_BYTES, receiveGithubWebhook } from './training/webhooks.ts';
export {
  getTicket,
  getWorkEffort,
  listTags,
  listTickets,
  listWorkEfforts,
  ticket,
  workEffort,
  workEffortStats,
  type ListedTicket,
  type TagCount,
  type Ticket,
  type TicketStatus,
  type WorkEffort,
  type WorkEffortStats,
  type WorkEffortStatus,
} from './training/work-efforts.ts';
