import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { mergeMap, type Observable } from 'rxjs';
import { CacheInvalidations } from './cache-invalidations.ts';
import { invalidationsOf, type Invalidations } from './cached-metadata.ts';
import { exchangeOf } from './http/exchange-of.ts';
import { bodyValue, type Exchange, type Sending } from './http/exchange.ts';
import { sendsItself } from './http/sends-itself.ts';

const READS = ['GET', 'HEAD', 'OPTIONS'];

/** What `@InvalidateCache` brings to a controller. */
@Injectable()
export class InvalidateCacheInterceptor implements NestInterceptor {
  constructor(private readonly invalidations: CacheInvalidations) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handled = next.handle() as Observable<unknown>;
    const invalidations = invalidationsOf(context.getClass(), context.getHandler());
    if (invalidations === undefined) return handled;
    if (context.getType() === 'http') return this.#http(context, invalidations, handled);
    const payload: unknown = context.switchToRpc().getData();
    return handled.pipe(mergeMap((value) => this.#after(invalidations, value, [payload])));
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
      mergeMap((value) => (isSuccess(exchange) ? this.#after(invalidations, value, [request]) : [value])),
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
      done = this.#after(invalidations, () => bodyValue(exchange, sending.body), [request]);
      if (sending.body === undefined) sending.pass();
      else done = done.then(sending.pass);
    };
    exchange.intercept(take);
    // Who returns before the answer is out has sent nothing, for Fastify.
    return handled.pipe(mergeMap((value) => Promise.resolve(done).then(() => value)));
  }

  async #after(invalidations: Invalidations, value: unknown, args: readonly unknown[]): Promise<unknown> {
    await this.invalidations.run(invalidations.all, value, args, 'http');
    return value;
  }
}

function isSuccess({ status }: Exchange): boolean {
  return status >= 200 && status < 300;
}
