export * from './core/index.ts';
export type {
  HandlerLimit,
  LimitsOf,
  RateLimitModuleOptions,
  RateLimitOptions,
  RateLimitRootAsyncOptions,
  RateLimitRootOptions,
} from './nest/module-options.ts';
export { RateLimitGrant } from './nest/granted.ts';
export { RateLimit, SkipRateLimit } from './nest/rate-limit.decorator.ts';
export { RateLimitGuard } from './nest/rate-limit.guard.ts';
export { RateLimitInterceptor } from './nest/rate-limit.interceptor.ts';
export { RateLimitModule } from './nest/rate-limit.module.ts';
