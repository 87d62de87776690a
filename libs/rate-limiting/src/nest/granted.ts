import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Grant } from '../core/grant.ts';

/** By the request or the message's context. */
const grants = new WeakMap<object, Grant>();

/** What a call is known by while it runs: its request, or its message's context. Transports of others may have none. */
export function callOf(context: ExecutionContext): object | undefined {
  const call =
    context.getType() === 'http'
      ? context.switchToHttp().getRequest<unknown>()
      : context.switchToRpc().getContext<unknown>();
  return typeof call === 'object' && call !== null ? call : undefined;
}

/** For {@link RateLimitGrant} of that call. */
export function keepGrant(context: ExecutionContext, grant: Grant): void {
  const call = callOf(context);
  if (call !== undefined) grants.set(call, grant);
}

/**
 * The `Grant` of the call, as a parameter of a handler: `settle` corrects what was taken by an estimate. What is held is given
 * back without the handler.
 *
 * Undefined where the call is not limited, or passes since the store failed (`onStoreError: 'allow'`).
 */
export const RateLimitGrant: () => ParameterDecorator = createParamDecorator((_data: unknown, context) => {
  const call = callOf(context);
  return call && grants.get(call);
});
