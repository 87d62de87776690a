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
export { Readiness, type CheckState, type ReadinessCheck, type ReadinessOptions } from './core/readiness.ts';
export { HealthModule, type HealthModuleOptions } from './nest/health.module.ts';
export { ServiceLogger } from './nest/service-logger.ts';
export {
  startService,
  type DrainableStrategy,
  type RunningService,
  type ServiceOptions,
} from './nest/start-service.ts';
