import type { FastifyInstance } from 'fastify';

/**
 * Leads from `/docs/`, as browsers and people write it, to the page: its relative addresses are not found from there. No
 * controller can have a path that ends with a slash. The prefix of a proxy stays, as the address is relative.
 */
export function leadToDocsPage(fastify: FastifyInstance): void {
  fastify.get('/docs/', (_request, reply) => reply.redirect('../docs', 308));
}
