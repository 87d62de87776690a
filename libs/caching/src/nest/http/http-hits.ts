import { GUARDS_METADATA, HEADERS_METADATA } from '@nestjs/common/internal';
import type { DiscoveryService } from '@nestjs/core';
import { CacheError } from '../../core/errors.ts';
import { FastifyExchange, type FastifyReplyLike, type FastifyRequestLike } from './fastify-exchange.ts';
import type { HttpHit } from './http-cache.ts';
import type { HttpVisits, Route } from './http-visits.ts';

interface RoutedRequest extends FastifyRequestLike {
  /** The same object for each request of a route. */
  readonly routeOptions: { readonly config: object };
}

type Hook<Request, Reply> = (request: Request, reply: Reply, done: () => void) => void;

/**
 * Gives hits from memory before Nest is entered, which costs more than all else of a hit; for apps on Fastify whose callers
 * are let in by hooks of Fastify's:
 *
 * ```ts
 * fastify.addHook('preHandler', app.get(HttpHits).preHandler);
 * ```
 *
 * The answers are those that the interceptor would give, byte for byte and header for header. But no guard, pipe, filter or
 * interceptor of Nest's runs for them. So routes with guards or headers of their own (`@UseGuards`, `@Header`) are left to
 * Nest; an app must have no guards by `useGlobalGuards` then, and its `callerOf`, `condition` and `keyGenerator` must do with
 * what hooks have left on the request.
 */
export class HttpHits {
  readonly #visits: HttpVisits;
  readonly #discovery: DiscoveryService;
  /** What was visited through Nest, by Fastify's route; undefined for what has to go that way each time. */
  readonly #routes = new WeakMap<object, Route | undefined>();

  constructor(visits: HttpVisits, discovery: DiscoveryService) {
    this.#visits = visits;
    this.#discovery = discovery;
  }

  /**
   * The hook, to stand behind those that decide who may have an answer.
   *
   * @throws CacheError `invalid_option`: the app has guards for all routes (`APP_GUARD`)
   */
  get preHandler(): Hook<RoutedRequest, FastifyReplyLike> {
    return this.#hook();
  }

  /**
   * The same hook for an app that sends hits by itself, past Fastify's reply and its `onSend` hooks, which then cost more than
   * all else of a hit.
   *
   * @param send is given each hit; says whether it sent it. What it did not send goes the usual way: `HEAD` and `If-None-Match`
   *   must, unless it knows of them
   * @throws CacheError as {@link preHandler}
   */
  preHandlerWith<Request extends RoutedRequest, Reply extends FastifyReplyLike>(
    send: (hit: HttpHit, request: Request, reply: Reply) => boolean,
  ): Hook<Request, Reply> {
    return this.#hook(send);
  }

  #hook<Request extends RoutedRequest, Reply extends FastifyReplyLike>(
    send?: (hit: HttpHit, request: Request, reply: Reply) => boolean,
  ): Hook<Request, Reply> {
    if (this.#discovery.getProviders().some(({ subtype }) => subtype === 'guard')) {
      throw new CacheError(
        'invalid_option',
        'HttpHits',
        "passes the guards by: an app with an APP_GUARD can't have it",
      );
    }
    this.#visits.onVisit = (request, route) => this.#learn((request as RoutedRequest).routeOptions.config, route);
    return (request, reply, done) => {
      const route = this.#routes.get(request.routeOptions.config);
      if (route === undefined) return done();
      const own = send && ((hit: HttpHit): boolean => send(hit, request, reply));
      if (!this.#visits.answerFromMemory(route, new FastifyExchange(request, reply), request, own)) done();
    };
  }

  #learn(config: object, route: Route): void {
    if (!this.#routes.has(config)) this.#routes.set(config, needsNest(route) ? undefined : route);
    // Nest tells several handlers of one route apart by what is not known here.
    else if (this.#routes.get(config) !== route) this.#routes.set(config, undefined);
  }
}

function needsNest({ type, handler }: Route): boolean {
  const guarded = [type, handler].some((target) => Reflect.hasMetadata(GUARDS_METADATA, target));
  return guarded || Reflect.hasMetadata(HEADERS_METADATA, handler);
}
