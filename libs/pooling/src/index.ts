export { systemClock, type PoolClock } from './core/clock.ts';
export { Durations, type DurationStats } from './core/durations.ts';
export {
  AcquireCancelledError,
  AcquireTimeoutError,
  CreateFailedError,
  CreateTimeoutError,
  NotLeasedError,
  PoolDrainingError,
  PoolError,
  PoolOptionError,
  QueueFullError,
  type PoolErrorCode,
} from './core/errors.ts';
export type { ResourceFactory } from './core/factory.ts';
export { poolMetrics, type Metric, type MetricSample } from './core/metrics.ts';
export type { PoolNumbers } from './core/numbers.ts';
export type { ExhaustedReport, LeakReport, PoolOptions, PoolProblem } from './core/pool-options.ts';
export type {
  AcquireLimit,
  AcquireOptions,
  DrainReport,
  HealthReport,
  Pool,
  PoolStats,
  ReleaseOptions,
} from './core/pool.ts';
export { ResourcePool } from './core/resource-pool.ts';
export { PoolStatistics, type PoolGauges } from './core/statistics.ts';
