import { UseGuards, UseInterceptors } from '@nestjs/common';
import type { RateLimit as Rate } from '../core/limit.ts';
import type { RateLimitOptions } from './module-options.ts';
import { checkedRateLimit, RATE_LIMIT, SKIPPED } from './rate-limit-metadata.ts';
import { RateLimitGuard } from './rate-limit.guard.ts';
import { RateLimitInterceptor } from './rate-limit.interceptor.ts';

/** Beside the decorator of that name, so that whoever imports it has the limit's type too. */
export type RateLimit = Rate;

type AnyDecorator = ClassDecorator & MethodDecorator;

/**
 * Limits an HTTP or message handler, or all of a class that say nothing of their own, by client. What is refused gets 429
 * with `Retry-After` over HTTP, and the refusal as an error for messages. Slots are held until the answer is out, its client
 * is gone, or the message is handled, whichever way that ends, or nobody waits for it. Needs `RateLimitModule.forRoot`.
 * Handlers of other transports, as GraphQL's and WebSockets', throw at each call instead of running without limits.
 *
 * @throws TypeError naming the option
 */
export function RateLimit(options: RateLimitOptions): AnyDecorator {
  const checked = checkedRateLimit(options);
  const [guard, interceptor] = [UseGuards(RateLimitGuard), UseInterceptors(RateLimitInterceptor)];
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(RATE_LIMIT, checked, (descriptor?.value as object | undefined) ?? target);
    for (const use of [guard, interceptor]) {
      if (name === undefined) use(target as Function);
      else use(target, name, descriptor!);
    }
  };
}

/** Leaves a handler, or all of a class that say nothing of their own, without limits. */
export function SkipRateLimit(): AnyDecorator {
  return (target: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(RATE_LIMIT, SKIPPED, (descriptor?.value as object | undefined) ?? target);
  };
}
