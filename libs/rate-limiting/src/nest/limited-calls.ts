import { HttpException, Injectable, type ExecutionContext } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { Grant } from '../core/grant.ts';
import { rateLimitHeaders } from '../core/headers.ts';
import { LimitExceeded } from '../core/limit-exceeded.ts';
import type { Limiter } from '../core/limiter.ts';
import type { Demand, Standing } from '../core/store.ts';
import { onceOver, setHeaders, type RequestLike } from './http-exchange.ts';
import type { HandlerLimit, RateLimitModuleOptions, RateLimitOptions } from './module-options.ts';
import { rateLimitOf } from './rate-limit-metadata.ts';

const TOO_MANY_REQUESTS = 429;
/** The longest that a subject may be. */
const MOST_CHARACTERS = 256;
/** Who is called what they are told apart by: nothing. */
const EVERYBODY = 'everybody';

/** Takes what calls of handlers are limited by. */
@Injectable()
export class LimitedCalls {
  readonly #limiter: Limiter;
  readonly #options: RateLimitModuleOptions;
  /** Requests that were counted: guards of the app, of a class and of its method may all stand before one. */
  readonly #counted = new WeakSet<object>();

  constructor(limiter: Limiter, options: RateLimitModuleOptions) {
    this.#limiter = limiter;
    this.#options = options;
  }

  /** Limits an HTTP request; its slots are held until its answer is over. */
  async request(context: ExecutionContext): Promise<void> {
    const http = context.switchToHttp();
    const request = http.getRequest<RequestLike>();
    const options = this.#optionsOf(context, request);
    if (options === undefined) return;
    const response = http.getResponse<unknown>();
    const gone = new AbortController();
    try {
      const grant = await this.#acquire(context, options, gone, (end) => onceOver(response, end));
      if (grant === undefined) return;
      this.#tell(response, grant.standings);
      if (grant.holds.length > 0) onceOver(response, () => void grant.release());
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error;
      this.#tell(response, error.standings, error.retryAfterMs);
      throw this.#options.errorOf?.(error, context) ?? tooManyRequests(error);
    }
  }

  /** Limits a message. @returns what to give back once it is handled */
  async message(context: ExecutionContext): Promise<Grant | undefined> {
    const options = this.#optionsOf(context, context.switchToRpc().getContext<unknown>());
    if (options === undefined) return undefined;
    try {
      return await this.#acquire(context, options);
    } catch (error) {
      if (error instanceof LimitExceeded) throw this.#options.errorOf?.(error, context) ?? error;
      throw error;
    }
  }

  /** Undefined where it is not limited, or was counted already. */
  #optionsOf(context: ExecutionContext, call: unknown): RateLimitOptions | undefined {
    const said = rateLimitOf(context.getClass(), context.getHandler());
    const options = said === undefined ? this.#options.default : said;
    if (options == null) return undefined;
    // Transports of others may have no context to know a message by.
    if (typeof call !== 'object' || call === null) return options;
    if (this.#counted.has(call)) return undefined;
    this.#counted.add(call);
    return options;
  }

  async #acquire(
    context: ExecutionContext,
    options: RateLimitOptions,
    gone?: AbortController,
    onceGone?: (end: () => void) => void,
  ): Promise<Grant | undefined> {
    const client = await this.#clientOf(context);
    const demands = await demandsOf(client, context, options);
    if (demands.length === 0) return undefined;
    const { waitMs, mostWaiting, weightOf } = options;
    const weight = weightOf?.(client, context);
    const holdsSlots = demands.some(({ limit }) => limit.kind === 'slots');
    if (holdsSlots && gone !== undefined) onceGone?.(() => gone.abort(new Error('the client went away')));
    const signal = holdsSlots ? gone?.signal : undefined;
    return this.#limiter.acquire(demands, { client, weight, waitMs, mostWaiting, signal });
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

function tooManyRequests(refusal: LimitExceeded): HttpException {
  const { reason, limit, retryAfterMs } = refusal;
  const body = { statusCode: TOO_MANY_REQUESTS, error: 'Too Many Requests', message: refusal.message };
  return new HttpException({ ...body, reason, limit: limit.name, retryAfterMs }, TOO_MANY_REQUESTS, { cause: refusal });
}
