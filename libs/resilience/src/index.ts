export { fullJitter, type Backoff, type BackoffOptions } from './core/backoff.ts';
export type { BreakerOptions } from './core/breaker-options.ts';
export type { BreakerListener, BreakerState, Closed, HalfOpen, Open, Probe } from './core/breaker-state.ts';
export { Bulkhead, type BulkheadOptions, type BulkheadStatistics } from './core/bulkhead.ts';
export { CircuitBreaker, type BreakerStatistics } from './core/circuit-breaker.ts';
export { systemClock, type Clock, type Random, type Timer } from './core/clock.ts';
export { Deadline, type DeadlineOptions } from './core/deadline.ts';
export { dependency, Dependency, type Attempt, type CallOptions } from './core/dependency.ts';
export type { DependencyOptions } from './core/dependency-options.ts';
export type { DependencyStatistics, FailureKind } from './core/dependency-statistics.ts';
export { BreakerOpen, BulkheadFull, DeadlineExceeded, type TimeLimit } from './core/errors.ts';
export { resilienceMetrics, type Metric, type MetricSample } from './core/metrics.ts';
export type { Permit } from './core/permit.ts';
export { Retry, type RetryBounds, type RetryOptions, type RetryStatistics } from './core/retry.ts';
export { parseRetryAfter } from './core/retry-after.ts';
export { RetryBudget, type RetryBudgetOptions, type RetryBudgetStatistics } from './core/retry-budget.ts';
export { Dependencies } from './nest/dependencies.ts';
export {
  ResilienceModule,
  type ResilienceModuleAsyncOptions,
  type ResilienceModuleOptions,
} from './nest/resilience.module.ts';
export { currentAttempt, Resilient } from './nest/resilient.decorator.ts';
export { dependencyToken, InjectDependency } from './nest/tokens.ts';
