import { DomainError } from '@purser/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { sendError } from '../errors/send-error.ts';
import { accessOf } from './access.ts';
import type { Caller } from './caller.ts';

type OnRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/**
 * Puts a check of the caller's role in front of every route below `/api` that is registered from now on: behind the
 * authentication, before the body is read. A route whose access is not declared throws, and so refuses the start. Other
 * routes get no check, and pay for none.
 */
export function guardRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/api/')) return;
    route.onRequest = [route.onRequest ?? [], roleCheckOf(route)].flat();
  });
}

function roleCheckOf({ method, url }: RouteOptions): OnRequest {
  const rolesOf = new Map([method].flat().map((each) => [each, accessOf(each, url).roles]));
  return (request, reply, done) => {
    const roles = rolesOf.get(request.method) ?? [];
    if (roles === 'keyless' || roles.includes(request.caller.role)) done();
    else sendError(request, reply, refusal(request.caller, roles));
  };
}

function refusal({ role }: Caller, roles: readonly string[]): DomainError {
  const allowed = roles.map((each) => `"${each}"`).join(' or ');
  return new DomainError('forbidden', `This needs a key with the role ${allowed}; this one is "${role}".`, { role });
}
