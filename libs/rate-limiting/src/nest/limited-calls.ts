import { Injectable, type CallHandler, type ExecutionContext } from '@nestjs/common';
import { hash } from 'node:crypto';
import { finalize, Observable, type Subscriber } from 'rxjs';
import type { Grant } from '../core/grant.ts';
import { rateLimitHeaders } from '../core/headers.ts';
import { LimitExceeded } from '../core/limit-exceeded.ts';
import type { Limiter } from '../core/limiter.ts';
import { LimitStoreError } from '../core/store-error.ts';
import type { Demand, Standing } from '../core/store.ts';
import { callOf, keepGrant } from './granted.ts';
import { onceOver, setHeaders, type RequestLike } from './http-exchange.ts';
import { clientGone, STORE_RETRY_MS, storeUnavailable, tooManyRequests } from './http-refusals.ts';
import type { HandlerLimit, RateLimitModuleOptions, RateLimitOptions } from './module-options.ts';
import { rateLimitOf } from './rate-limit-metadata.ts';

/** The longest that a subject may be. */
const MOST_CHARACTERS = 256;
/** Who is called what they are told apart by: nothing. */
const EVERYBODY = 'everybody';

/** Calls back when nobody waits for the call's answer any more. */
type OnceGone = (then: () => void) => void;

/** Takes what calls of handlers are limited by. */
@Injectable()
export class LimitedCalls {
  readonly #limiter: Limiter;
  readonly #options: RateLimitModuleOptions;
  /** Calls that were counted: guards of the app, of a class and of its method may all stand before one. */
  readonly #counted = new WeakSet<object>();
  #isStoreFailing = false;

  constructor(limiter: Limiter, options: RateLimitModuleOptions) {
    this.#limiter = limiter;
    this.#options = options;
  }

  /** Limits an HTTP request; its slots are held until its answer is over. */
  async request(context: ExecutionContext): Promise<void> {
    const options = this.#optionsOnce(context);
    if (options === undefined) return;
    const response = context.switchToHttp().getResponse<unknown>();
    try {
      const grant = await this.#acquire(context, options, (then) => onceOver(response, then));
      if (grant === undefined) return;
      keepGrant(context, grant);
      this.#tell(response, grant.standings);
      if (grant.holds.length > 0) onceOver(response, () => void grant.release());
    } catch (error) {
      if (error instanceof LimitExceeded) this.#tell(response, error.standings, error.retryAfterMs);
      if (error instanceof LimitStoreError) this.#tell(response, [], STORE_RETRY_MS);
      throw this.#errorOf(error, context);
    }
  }

  /**
   * Limits a message: what it holds is given back once it is handled, or once nobody waits for it, as after an outer
   * `timeout`. Whoever subscribes again asks again.
   */
  message(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.#optionsOnce(context);
    if (options === undefined) return next.handle();
    return new Observable((subscriber) => {
      this.#acquire(context, options, (then) => subscriber.add(then))
        .then((grant) => handle(context, next, grant, subscriber))
        .catch((error: unknown) => subscriber.error(this.#errorOf(error, context)));
    });
  }

  /** @throws Error where the handler is to be limited: no transport but HTTP and messages is known here */
  other(context: ExecutionContext): void {
    if (this.#optionsOf(context) === undefined) return;
    const name = `${context.getClass().name}.${context.getHandler().name}`;
    throw new Error(
      `${name} is a handler of ${context.getType()}, and @RateLimit limits those of HTTP and of messages only: ` +
        'give it @SkipRateLimit(), and ask the Limiter in it',
    );
  }

  #optionsOf(context: ExecutionContext): RateLimitOptions | undefined {
    const said = rateLimitOf(context.getClass(), context.getHandler());
    return (said === undefined ? this.#options.default : said) ?? undefined;
  }

  /** Undefined where it is not limited, or was counted already. */
  #optionsOnce(context: ExecutionContext): RateLimitOptions | undefined {
    const options = this.#optionsOf(context);
    const call = options && callOf(context);
    if (call === undefined) return options;
    if (this.#counted.has(call)) return undefined;
    this.#counted.add(call);
    return options;
  }

  /** @returns undefined where nothing limits it */
  async #acquire(context: ExecutionContext, options: RateLimitOptions, onceGone: OnceGone): Promise<Grant | undefined> {
    const client = await this.#clientOf(context);
    const demands = await demandsOf(client, context, options);
    if (demands.length === 0) return undefined;
    const { waitMs, mostWaiting, weightOf } = options;
    const weight = weightOf?.(client, context);
    const bounds = { client, weight, waitMs, mostWaiting };
    try {
      const grant = demands.some(({ limit }) => limit.kind === 'slots')
        ? await whileThere(onceGone, async (signal) => this.#limiter.acquire(demands, { ...bounds, signal }))
        : await this.#limiter.acquire(demands, bounds);
      this.#isStoreFailing = false;
      return grant;
    } catch (error) {
      if (!(error instanceof LimitStoreError) || this.#options.onStoreError !== 'allow') throw error;
      if (!this.#isStoreFailing) this.#options.onProblem?.(error);
      this.#isStoreFailing = true;
      return undefined;
    }
  }

  async #clientOf(context: ExecutionContext): Promise<string> {
    const named = await this.#options.clientOf?.(context);
    if (named !== undefined && named !== '') return named.length > MOST_CHARACTERS ? hash('sha256', named) : named;
    return (
      (context.getType() === 'http' ? context.switchToHttp().getRequest<RequestLike>().ip : undefined) ?? EVERYBODY
    );
  }

  #tell(response: unknown, standings: readonly Standing[], retryAfterMs?: number): void {
    setHeaders(response, rateLimitHeaders(this.#options.headers === false ? [] : standings, retryAfterMs));
  }

  /** What the caller is told of what went wrong. */
  #errorOf(error: unknown, context: ExecutionContext): unknown {
    if (!(error instanceof LimitExceeded || error instanceof LimitStoreError)) return error;
    const own = this.#options.errorOf?.(error, context);
    if (own !== undefined) return own;
    if (context.getType() !== 'http') return error;
    return error instanceof LimitExceeded ? tooManyRequests(error) : storeUnavailable(error);
  }
}

/** Aborts the call when its caller goes away before it has its answer. */
async function whileThere<T>(onceGone: OnceGone, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const gone = new AbortController();
  let isAnswered = false;
  onceGone(() => {
    if (!isAnswered) gone.abort(clientGone());
  });
  try {
    return await call(gone.signal);
  } finally {
    isAnswered = true;
  }
}

function handle(
  context: ExecutionContext,
  next: CallHandler,
  grant: Grant | undefined,
  subscriber: Subscriber<unknown>,
): void {
  if (subscriber.closed) return void grant?.giveBack();
  if (grant !== undefined) keepGrant(context, grant);
  next
    .handle()
    .pipe(finalize(() => void grant?.release()))
    .subscribe(subscriber);
}

async function demandsOf(
  client: string,
  context: ExecutionContext,
  { limits, cost }: RateLimitOptions,
): Promise<readonly Demand[]> {
  const list = typeof limits === 'function' ? await limits(client, context) : limits;
  const each = typeof cost === 'function' ? cost(context) : cost;
  return list.map((limit) => demandOf(limit, client, each));
}

function demandOf(limit: HandlerLimit, client: string, cost: number | undefined): Demand {
  const demand = 'kind' in limit ? { limit, subject: client } : limit;
  return demand.limit.kind === 'slots' || demand.cost !== undefined ? demand : { ...demand, cost };
}
