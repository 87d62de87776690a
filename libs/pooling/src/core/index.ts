export { systemClock, type PoolClock } from './clock.ts';
export { Durations, type DurationStats } from './durations.ts';
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
} from './errors.ts';
export type { ResourceFactory } from './factory.ts';
export { poolMetrics, type Metric, type MetricSample } from './metrics.ts';
export type { PoolNumbers } from './numbers.ts';
export type { ExhaustedReport, LeakReport, PoolOptions, PoolProblem } from './pool-options.ts';
export type {
  AcquireLimit,
  AcquireOptions,
  DrainReport,
  HealthReport,
  Pool,
  PoolStats,
  ReleaseOptions,
} from './pool.ts';
export { ResourcePool } from './resource-pool.ts';
export { PoolStatistics, type PoolGauges } from './statistics.ts';
