import type { ExecutionContext, FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { Limit } from '../core/limit.ts';
import type { LimitExceeded } from '../core/limit-exceeded.ts';
import type { LimiterOptions, QueueOptions } from '../core/options.ts';
import type { LimitStoreError } from '../core/store-error.ts';
import type { Demand } from '../core/store.ts';

/** A limit of each client, or of a subject of its own that all clients share. */
export type HandlerLimit = Limit | Demand;

/** What limits a client: of its own, as its contract has it. Called after the guards before. */
export type LimitsOf = (
  client: string,
  context: ExecutionContext,
) => readonly HandlerLimit[] | Promise<readonly HandlerLimit[]>;

export interface RateLimitOptions extends QueueOptions {
  /**
   * What its calls take: of each rate its cost, of each number of slots one while the call runs. Handlers whose limits have
   * one name share a client's bucket, so it has to be the same limit. None: the handler is not limited.
   */
  readonly limits: readonly HandlerLimit[] | LimitsOf;
  /** What a call takes of each rate. Default 1. */
  readonly cost?: number | ((context: ExecutionContext) => number);
  /** A client's part beside others that wait for slots. Default 1. */
  readonly weightOf?: (client: string, context: ExecutionContext) => number;
}

export interface RateLimitModuleOptions extends LimiterOptions {
  /** What limits handlers that have no `@RateLimit`, where the guard or the interceptor stands before them. Default: nothing. */
  readonly default?: RateLimitOptions;
  /**
   * Who calls: the id of a key, for one. Undefined, and the default: over HTTP the address as the server sees it (`request.ip`,
   * which is one from `X-Forwarded-For` only where the server itself was told which proxies to trust); for messages all
   * callers together.
   */
  readonly clientOf?: (context: ExecutionContext) => string | undefined | Promise<string | undefined>;
  /** Whether HTTP answers tell how the limits stand. Default true; `Retry-After` is always told. */
  readonly headers?: boolean;
  /**
   * What is thrown where a limit refuses, or where the store could not decide and `onStoreError` is `refuse`. Default: over
   * HTTP an `HttpException` 429 or 503 with this as its `cause`, for messages this itself.
   */
  readonly errorOf?: (error: LimitExceeded | LimitStoreError, context: ExecutionContext) => Error;
  /**
   * What is done with calls where the store can't decide (it threw a `LimitStoreError`). Default `refuse`, over HTTP with 503
   * and `Retry-After`. `allow`: they pass without limits, and `onProblem` is told of the first until the store decides again.
   * For a share of each limit meanwhile give the limiter a `FallbackStore`.
   */
  readonly onStoreError?: 'allow' | 'refuse';
}

interface Placing {
  /** Whether every module can use the limiter and the decorators. Default true. */
  readonly isGlobal?: boolean;
  /** Whether all handlers of the app are guarded, also those without `@RateLimit`. Default false. */
  readonly guardAll?: boolean;
}

export interface RateLimitRootOptions extends RateLimitModuleOptions, Placing {}

export interface RateLimitRootAsyncOptions extends Pick<ModuleMetadata, 'imports'>, Placing {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...injected: never[]) => RateLimitModuleOptions | Promise<RateLimitModuleOptions>;
}
