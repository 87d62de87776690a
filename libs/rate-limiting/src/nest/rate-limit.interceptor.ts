import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { LimitedCalls } from './limited-calls.ts';
import { FOR_RATE_LIMIT } from './tokens.ts';

/** Limits message handlers: here and not in a guard, as nothing tells a guard when its message has been handled. */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  constructor(@Inject(FOR_RATE_LIMIT) private readonly calls: LimitedCalls) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return context.getType() === 'rpc' ? this.calls.message(context, next) : next.handle();
  }
}
