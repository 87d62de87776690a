import type { Exchange } from './exchange.ts';
import { ExpressExchange, type ExpressRequestLike, type ExpressResponseLike } from './express-exchange.ts';
import { FastifyExchange, type FastifyReplyLike, type FastifyRequestLike } from './fastify-exchange.ts';

/** A request and its answer as Nest's adapter gives them. */
export function exchangeOf(request: unknown, response: unknown): Exchange {
  const { raw } = response as { raw?: unknown };
  if (raw === undefined) return new ExpressExchange(request as ExpressRequestLike, response as ExpressResponseLike);
  return new FastifyExchange(request as FastifyRequestLike, response as FastifyReplyLike);
}
