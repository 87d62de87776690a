import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { LimitedCalls } from './limited-calls.ts';
import { FOR_RATE_LIMIT } from './tokens.ts';

/**
 * Limits HTTP handlers. `@RateLimit` brings it; as a guard of the app it limits all of them, by the module's `default` where
 * they say nothing. Of several before one handler the first counts. Handlers of other transports than HTTP and messages, as
 * GraphQL's and WebSockets', it can't limit, and throws where it is to.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(@Inject(FOR_RATE_LIMIT) private readonly calls: LimitedCalls) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const type = context.getType();
    if (type === 'http') await this.calls.request(context);
    else if (type !== 'rpc') this.calls.other(context);
    return true;
  }
}
