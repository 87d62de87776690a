import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';
import { LimitedCalls } from './limited-calls.ts';
import { FOR_RATE_LIMIT } from './tokens.ts';

/** Limits message handlers: here and not in a guard, as nothing tells a guard when its message has been handled. */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  constructor(@Inject(FOR_RATE_LIMIT) private readonly calls: LimitedCalls) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'rpc') return next.handle();
    const grant = await this.calls.message(context);
    return grant === undefined ? next.handle() : next.handle().pipe(finalize(() => void grant.release()));
  }
}
