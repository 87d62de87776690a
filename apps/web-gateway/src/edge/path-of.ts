import type { FastifyRequest } from 'fastify';

/**
 * The path by which answers differ: that of the route, since the one that was sent may be written in several ways (with
 * `%61` for `a`, or with the host in front). Where no route is met, the one that was sent.
 */
export function pathOf(request: FastifyRequest): string {
  const { url } = request.routeOptions;
  if (url !== undefined) return url;
  const query = request.url.indexOf('?');
  return query < 0 ? request.url : request.url.slice(0, query);
}
