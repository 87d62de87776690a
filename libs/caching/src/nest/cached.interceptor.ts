import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/internal';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { CachedCalls } from './cached-calls.ts';
import { answersMessages, cachedOptionsOf } from './cached-metadata.ts';
import type { CachedOptions } from './cached-options.ts';
import { HttpVisits } from './http/http-visits.ts';
import { FOR_CACHED } from './tokens.ts';

/** What `@Cached` brings to a controller: answers its HTTP handlers' GETs and its message handlers' requests from the cache. */
@Injectable()
export class CachedInterceptor implements NestInterceptor {
  /** Calls under way: on a class and on its method, the decorator brings the interceptor twice. */
  readonly #calls = new WeakSet<ExecutionContext>();

  constructor(
    @Inject(FOR_CACHED) private readonly visits: HttpVisits,
    private readonly calls: CachedCalls,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler = context.getHandler();
    const options = cachedOptionsOf(context.getClass(), handler);
    if (options === undefined || this.#calls.has(context)) return next.handle();
    this.#calls.add(context);
    if (context.getType() === 'http') {
      // A stream of events has no end to be kept at.
      return Reflect.hasMetadata(SSE_METADATA, handler) ? next.handle() : this.visits.visit(context, options, next);
    }
    const isRequest = context.getType() === 'rpc' && answersMessages(handler);
    return isRequest ? from(this.#message(context, options, next)) : next.handle();
  }

  /** By its payload alone: a message's context is of one message. */
  #message(context: ExecutionContext, options: CachedOptions, next: CallHandler): Promise<unknown> {
    const payload: unknown = context.switchToRpc().getData();
    const handle = () => lastValueFrom(next.handle() as Observable<unknown>, { defaultValue: undefined });
    const call = {
      type: context.getClass(),
      method: context.getHandler().name,
      args: [payload],
      kind: 'messages',
    } as const;
    return this.calls.call(call, options, handle);
  }
}
