import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import { CacheInvalidations } from './cache-invalidations.ts';
import { invalidationsOf, type Invalidations } from './cached-metadata.ts';
import { exchangeOf } from './http/exchange-of.ts';
import { bodyValue, type Exchange, type Sending } from './http/exchange.ts';
import { sendsItself } from './http/sends-itself.ts';
import type { DefaultNamespace } from './namespaces-of.ts';
import { FOR_INVALIDATE_CACHE } from './tokens.ts';

const READS = ['GET', 'HEAD', 'OPTIONS'];

/** What `@InvalidateCache` brings to a controller. */
@Injectable()
export class InvalidateCacheInterceptor implements NestInterceptor {
  /** Calls under way: on a class and on its method, the decorator brings the interceptor twice. */
  readonly #calls = new WeakSet<ExecutionContext>();

  constructor(@Inject(FOR_INVALIDATE_CACHE) private readonly invalidations: CacheInvalidations) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handled = next.handle() as Observable<unknown>;
    const invalidations = invalidationsOf(context.getClass(), context.getHandler());
    if (invalidations === undefined || this.#calls.has(context)) return handled;
    this.#calls.add(context);
    if (context.getType() === 'http') return this.#http(context, invalidations, handled);
    const payload: unknown = context.switchToRpc().getData();
    return handled.pipe(mergeMap((value) => this.#after('messages', invalidations, value, [payload])));
  }

  #http(context: ExecutionContext, invalidations: Invalidations, handled: Observable<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const request: unknown = http.getRequest();
    const exchange = exchangeOf(request, http.getResponse());
    if (invalidations.ofClass && READS.includes(exchange.method)) return handled;
    if (sendsItself(context.getClass(), context.getHandler().name)) {
      return this.#heldBack(invalidations, request, exchange, handled);
    }
    return handled.pipe(
      mergeMap((value) => (isSuccess(exchange) ? this.#after('http', invalidations, value, [request]) : [value])),
    );
  }

  /** Holds back what a handler sends by itself. A stream can't wait: it goes out while the cache is told. */
  #heldBack(
    invalidations: Invalidations,
    request: unknown,
    exchange: Exchange,
    handled: Observable<unknown>,
  ): Observable<unknown> {
    let done: Promise<unknown> | undefined;
    const take = (sending: Sending): void => {
      if (!isSuccess(exchange)) return sending.pass();
      done = this.#after('http', invalidations, () => bodyValue(exchange, sending.body), [request]);
      if (sending.body === undefined) sending.pass();
      else done = done.then(sending.pass);
    };
    exchange.intercept(take);
    // Who returns before the answer is out has sent nothing, for Fastify.
    return handled.pipe(mergeMap((value) => Promise.resolve(done).then(() => value)));
  }

  async #after(
    kind: DefaultNamespace,
    { all }: Invalidations,
    value: unknown,
    args: readonly unknown[],
  ): Promise<unknown> {
    await this.invalidations.run(all, value, args, kind);
    return value;
  }
}

function isSuccess({ status }: Exchange): boolean {
  return status >= 200 && status < 300;
}
