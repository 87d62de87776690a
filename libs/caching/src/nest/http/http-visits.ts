import { Logger, type CallHandler, type ExecutionContext } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { isCached, keyFor } from '../call-functions.ts';
import type { CachedOptions } from '../cached-options.ts';
import type { HttpCacheOptions } from '../module-options.ts';
import { invalid } from '../cached-options.ts';
import type { NamespacesOf } from '../namespaces-of.ts';
import { within } from '../../core/options.ts';
import { policyOf, type Policy } from './answer-headers.ts';
import { callerByCredentials, pathAndQuery } from './answer-key.ts';
import type { Exchange } from './exchange.ts';
import { exchangeOf } from './exchange-of.ts';
import { HttpCache, wantsNoStore, type Asking, type HttpHit } from './http-cache.ts';
import { KnownKeys, type KnownKey } from './known-keys.ts';
import { sendsItself } from './sends-itself.ts';

/** What is known of a handler before any request. */
export interface Route {
  readonly number: number;
  readonly name: string;
  readonly type: Function;
  readonly handler: Function;
  readonly options: CachedOptions;
  /** Request headers that its keys have. */
  readonly keyedBy: readonly string[];
  readonly policy: Policy;
  readonly sendsItself: boolean;
  /** Whether the log has what is wrong with it: once is enough. */
  isReported: boolean;
}

const MAX_BYTES = 16_000_000;
const TAG_HEADERS = ['Surrogate-Key', 'Cache-Tag'];

/** Leads requests to {@link HttpCache}: decides whether the cache is used, and by which key. */
export class HttpVisits {
  readonly #namespaces: NamespacesOf;
  readonly #callerOf: ((request: unknown) => string | undefined) | undefined;
  readonly #tagHeaders: readonly string[];
  readonly #cache: HttpCache;
  readonly #keys = new KnownKeys();
  #count = 0;
  readonly #logger = new Logger('HttpCache');
  readonly #routes = new WeakMap<Function, Map<Function, Route>>();

  /** @throws CacheError `invalid_option` */
  constructor(namespaces: NamespacesOf, options: HttpCacheOptions = {}) {
    const { callerOf, maxBytes = 1_000_000, surrogateKeyHeaders = ['Surrogate-Key'] } = options;
    const unknown = surrogateKeyHeaders.find((name) => !TAG_HEADERS.includes(name));
    if (unknown !== undefined) throw invalid('http.surrogateKeyHeaders', `must be of ${TAG_HEADERS.join(', ')}`);
    this.#namespaces = namespaces;
    this.#callerOf = callerOf as ((request: unknown) => string | undefined) | undefined;
    this.#tagHeaders = surrogateKeyHeaders;
    this.#cache = new HttpCache(within('http.maxBytes', maxBytes, 1, MAX_BYTES));
  }

  /** Is told of the routes that are visited. */
  onVisit: ((request: unknown, route: Route) => void) | undefined;

  visit(context: ExecutionContext, options: CachedOptions, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request: unknown = http.getRequest();
    const exchange = exchangeOf(request, http.getResponse());
    const handle = () => next.handle() as Observable<unknown>;
    if (!isRead(exchange)) return handle();
    const route = this.#routeOf(context, options);
    this.onVisit?.(request, route);
    const asking = this.#asking(route, exchange, request);
    if (asking === undefined) return this.#cache.bypass({ exchange, handle });
    return this.#cache.visit({ ...asking, sendsItself: route.sendsItself, handle });
  }

  /**
   * Answers a request of this route, if memory has a fresh answer that it may have. Otherwise nothing has happened.
   *
   * @param send is asked first to send it; says whether it did
   */
  answerFromMemory(route: Route, exchange: Exchange, request: unknown, send?: (hit: HttpHit) => boolean): boolean {
    const asking = isRead(exchange) ? this.#asking(route, exchange, request) : undefined;
    return asking !== undefined && this.#cache.answerFromMemory(asking, send);
  }

  /** Undefined where the cache is not to be used. */
  #asking(route: Route, exchange: Exchange, request: unknown): Asking | undefined {
    const key = this.#keyOf(route, exchange, request);
    if (key === undefined) return undefined;
    const { options, policy } = route;
    return { exchange, request, key, options, policy, cache: this.#namespaces.cache(options.namespace, 'http') };
  }

  /** Undefined where the cache is not to be used; that one of the route's functions throws, is no reason not to answer. */
  #keyOf(route: Route, exchange: Exchange, request: unknown): KnownKey | undefined {
    try {
      return this.#madeKey(route, exchange, request);
    } catch (error) {
      if (!route.isReported) this.#logger.error(`${route.name} goes on without the cache: ${String(error)}`);
      route.isReported = true;
      return undefined;
    }
  }

  #madeKey({ number, name, options, keyedBy }: Route, exchange: Exchange, request: unknown): KnownKey | undefined {
    if (!isCached(options, [request]) || wantsNoStore(options, exchange)) return undefined;
    const what = keyFor(options, [request], () => exchange.url);
    if (what === undefined) return undefined;
    const isShared = options.scope === 'shared';
    const caller = isShared ? undefined : this.#callerNamed(exchange, request);
    if (!isShared && caller === undefined) return undefined;
    const parts = { what, handler: name, caller, vary: keyedBy };
    return this.#keys.of(number, exchange, parts, options.keyGenerator === undefined ? pathAndQuery : asItIs);
  }

  #callerNamed(exchange: Exchange, request: unknown): string | undefined {
    if (this.#callerOf === undefined) return callerByCredentials(exchange);
    return this.#callerOf(request) || undefined;
  }

  /** By class as well: subclasses have the same functions. */
  #routeOf(context: ExecutionContext, options: CachedOptions): Route {
    const type = context.getClass();
    const handler = context.getHandler();
    let routes = this.#routes.get(type);
    if (routes === undefined) this.#routes.set(type, (routes = new Map<Function, Route>()));
    let route = routes.get(handler);
    if (route === undefined) {
      const policy = policyOf(options, this.#tagHeaders);
      const named = (options.vary ?? []).map((header) => header.toLowerCase());
      route = {
        ...{ name: `${type.name}.${handler.name}`, type, handler, options, policy },
        number: ++this.#count,
        keyedBy: options.scope === 'shared' ? policy.vary : named,
        sendsItself: sendsItself(type, handler.name),
        isReported: false,
      };
      routes.set(handler, route);
    }
    return route;
  }
}

function isRead({ method }: Exchange): boolean {
  return method === 'GET' || method === 'HEAD';
}

function asItIs(what: string): string {
  return what;
}
