import { Logger, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Limiter } from '../core/limiter.ts';
import { LimitedCalls } from './limited-calls.ts';
import type { RateLimitModuleOptions, RateLimitRootAsyncOptions, RateLimitRootOptions } from './module-options.ts';
import { checkedRateLimit } from './rate-limit-metadata.ts';
import { RateLimitGuard } from './rate-limit.guard.ts';
import { RateLimitInterceptor } from './rate-limit.interceptor.ts';
import { FOR_RATE_LIMIT } from './tokens.ts';

const OPTIONS = Symbol('RateLimitModuleOptions');

/** Closes with the last hook: by then nothing serves any more. */
class LimiterLifecycle implements OnApplicationShutdown {
  readonly #limiter: Limiter;

  constructor(limiter: Limiter) {
    this.#limiter = limiter;
  }

  onApplicationShutdown(): Promise<void> {
    return this.#limiter.close();
  }
}

/** Gives an app its {@link Limiter}, closed with it, and what `@RateLimit` needs. */
@Module({})
export class RateLimitModule {
  /** The store is the limiter's from here on: it is closed with the app. */
  static forRoot({ isGlobal, guardAll, ...options }: RateLimitRootOptions = {}): DynamicModule {
    return rootModule({ provide: OPTIONS, useValue: checkedOptions(options) }, { isGlobal, guardAll });
  }

  static forRootAsync(options: RateLimitRootAsyncOptions): DynamicModule {
    const { isGlobal, guardAll, imports, inject = [], useFactory } = options;
    const make = async (...injected: never[]) => checkedOptions(await useFactory(...injected));
    return rootModule({ provide: OPTIONS, inject, useFactory: make }, { isGlobal, guardAll, imports });
  }
}

function checkedOptions(options: RateLimitModuleOptions): RateLimitModuleOptions {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('useFactory must return the options of the limiter');
  const { onStoreError = 'refuse' } = options;
  if (onStoreError !== 'allow' && onStoreError !== 'refuse')
    throw new TypeError(`onStoreError must be allow or refuse, not ${String(onStoreError)}`);
  const logged = { ...logging(new Logger('Limiter')), ...options };
  return options.default === undefined ? logged : { ...logged, default: checkedRateLimit(options.default) };
}

/** What tells of problems where the app has nothing of its own for it. */
function logging(logger: Logger): Pick<RateLimitModuleOptions, 'onProblem' | 'onLost'> {
  return {
    onProblem: (error) => logger.warn(String(error)),
    onLost: ({ limit, subject }) => logger.warn(`a slot of ${limit.name} was lost while it was held, of ${subject}`),
  };
}

function rootModule(
  options: Provider,
  { isGlobal = true, guardAll = false, imports = [] }: Partial<RateLimitRootAsyncOptions>,
): DynamicModule {
  const providers: Provider[] = [
    options,
    { provide: Limiter, inject: [OPTIONS], useFactory: (options: RateLimitModuleOptions) => new Limiter(options) },
    {
      provide: LimiterLifecycle,
      inject: [Limiter],
      useFactory: (limiter: Limiter) => new LimiterLifecycle(limiter),
    },
    {
      provide: FOR_RATE_LIMIT,
      inject: [Limiter, OPTIONS],
      useFactory: (limiter: Limiter, given: RateLimitModuleOptions) => new LimitedCalls(limiter, given),
    },
  ];
  const all: Provider[] = [
    { provide: APP_GUARD, useClass: RateLimitGuard },
    { provide: APP_INTERCEPTOR, useClass: RateLimitInterceptor },
  ];
  return {
    module: RateLimitModule,
    global: isGlobal,
    imports,
    providers: guardAll ? [...providers, ...all] : providers,
    exports: [Limiter, FOR_RATE_LIMIT],
  };
}
