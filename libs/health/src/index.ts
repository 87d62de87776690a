export {
  Drain,
  drainPhases,
  type DrainOptions,
  type DrainPhase,
  type DrainResult,
  type DrainStep,
  type InFlightWork,
} from './core/drain.ts';
export { InFlightHttp } from './core/in-flight-http.ts';
export { MetricSources, type MetricFamily, type MetricSource } from './core/metric-families.ts';
export { Readiness, type CheckState, type ReadinessCheck, type ReadinessOptions } from './core/readiness.ts';
export { HealthModule, type HealthModuleOptions } from './nest/health.module.ts';
export { ServiceLogger } from './nest/service-logger.ts';
export {
  startService,
  type DrainableStrategy,
  type RunningService,
  type ServiceOptions,
} from './nest/start-service.ts';
export type { LastExit } from './process/last-exit.ts';
export { FolderHeldError, ProcessLock } from './process/process-lock.ts';
export type { ProcessScope } from './process/process-scope.ts';
export { runProcess, type ProcessOptions } from './process/run-process.ts';
export { drainVariables, probeVariables } from './process/service-variables.ts';
