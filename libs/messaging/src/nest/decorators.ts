import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/internal';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import type {
  AnswerOf,
  EventContract,
  PayloadOf,
  PublishContract,
  ReceivedOf,
  RequestContract,
} from '@purser/contracts';
import { throwError, type Observable } from 'rxjs';
import type { MessageDetails } from './message-details.ts';

/** What a decorator leaves for the strategy. */
export type Binding =
  | { readonly type: 'request'; readonly contract: RequestContract }
  | { readonly type: 'publish'; readonly contract: PublishContract }
  | {
      readonly type: 'event';
      readonly contract: EventContract;
      readonly consumer: string;
      readonly maxInFlight: number;
    };

export interface ConsumesOptions {
  /** The durable consumer's name, the same for ever: renamed, it starts again from the oldest event. */
  readonly consumer: string;
  /** Events in work at once in this replica. Default 8; 1 keeps their order while one replica runs and none fails. */
  readonly maxInFlight?: number;
}

/**
 * Hands errors on as they are: Nest's default filter for messages replaces all but RpcException by "Internal server
 * error". On the method, so that neither the order of global filters nor `inheritAppConfig` decides.
 */
@Catch()
class PassErrorsOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** A decorator that only fits methods of type `M`. */
type MethodDecoratorFor<M> = <T extends M>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** What a handler may return for `R`. */
type Returned<R> = R | Promise<R> | Observable<R>;

/**
 * Answers `contract`, on one replica of the service for each request. The method receives the validated payload; it
 * returns the answer, a promise or an Observable of it (its last value counts). A DomainError reaches the caller as it
 * is; anything else is logged and reaches it as `internal`, without its text.
 */
export function Handles<C extends RequestContract>(
  contract: C,
): MethodDecoratorFor<(payload: ReceivedOf<C>, details: MessageDetails) => Returned<AnswerOf<C>>> {
  const binding: Binding = { type: 'request', contract };
  return bound(MessagePattern(contract.subject, { binding }));
}

/** Receives every publish of `contract`, on every replica; the method gets the validated payload. Failures are logged. */
export function Listens<C extends PublishContract>(
  contract: C,
): MethodDecoratorFor<(payload: PayloadOf<C>, details: MessageDetails) => unknown> {
  const binding: Binding = { type: 'publish', contract };
  return bound(EventPattern(contract.subject, { binding }) as MethodDecorator);
}

/**
 * Consumes the durable events of `contract`, each on one replica, at least once: the method `(payload, { eventId })` must
 * bear the same event id again. Once it has succeeded the event is done. When it fails, the event comes again, later and
 * later, without end; only an event that can't ever be handled is set aside: its payload does not fit the contract, the
 * method threw a DomainError of kind `invalid`, or it failed 1 000 times with an error that no retry can help.
 */
export function Consumes<C extends EventContract>(
  contract: C,
  { consumer, maxInFlight = 8 }: ConsumesOptions,
): MethodDecoratorFor<(payload: PayloadOf<C>, details: MessageDetails) => unknown> {
  const binding: Binding = { type: 'event', contract, consumer, maxInFlight };
  return bound(EventPattern(`${contract.subject}#${consumer}`, { binding }) as MethodDecorator);
}

function bound(pattern: MethodDecorator): MethodDecorator {
  return applyDecorators(payloadThenDetails, pattern, UseFilters(PassErrorsOn));
}

/** Without declared parameters Nest passes the payload alone; ours are `(payload, details)`. */
const payloadThenDetails: MethodDecorator = (target, key) => {
  if (Reflect.hasMetadata(ROUTE_ARGS_METADATA, target.constructor, key)) return;
  Payload()(target, key, 0);
  Ctx()(target, key, 1);
};
