import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DomainError } from '@purser/errors';
import { hashApiKey } from '@purser/secrets';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import type { Snapshot } from '../configuration/snapshot.ts';
import { GITHUB_WEBHOOK_PATH } from '../control-plane/webhooks.controller.ts';
import { sendError } from '../errors/send-error.ts';
import { apiKeyOf } from './credentials.ts';
import type { Caller } from './caller.ts';

/** What can be read without a key. The router decodes the rest of a path, but joins no `..`, so prefixes are safe. */
const PUBLIC_PATHS = ['/openapi.json', '/docs', '/metrics', GITHUB_WEBHOOK_PATH];
const PUBLIC_PREFIXES = ['/health/', '/docs/'];

/**
 * Puts `request.caller` on every request but those for public paths. It runs before the body is read and for every route
 * that exists, so a route is closed unless it is listed here. Synchronous, because each request pays for it.
 */
@Injectable()
export class Authentication implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly configuration: ConfigurationStore,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Declared up front, so that all requests have the same shape.
    fastify.decorateRequest('caller', null as unknown as Caller);
    fastify.decorateRequest('configurationVersion', 0);
    fastify.addHook('onRequest', (request, reply, done) => {
      if (this.#admit(request, reply)) done();
    });
  }

  /** Whether the request may go on; otherwise it has been answered. */
  #admit(request: FastifyRequest, reply: FastifyReply): boolean {
    if (request.is404 || isPublic(request.raw.url ?? '')) return true;
    try {
      const snapshot = this.configuration.current;
      if (snapshot === undefined) throw new DomainError('unavailable', 'The configuration has not been read yet.');
      request.caller = authenticate(request, snapshot);
      request.configurationVersion = snapshot.version;
      return true;
    } catch (error) {
      sendError(request, reply, error);
      return false;
    }
  }
}

function authenticate(request: FastifyRequest, snapshot: Snapshot): Caller {
  const caller = snapshot.callerOf(hashApiKey(apiKeyOf(request.headers)));
  if (caller === undefined) throw new DomainError('invalid_api_key', 'The API key is unknown, disabled or expired.');
  // A viewer reads the control plane, which has a guard of its own, and calls nothing else.
  if (caller.role === 'viewer' && !request.routeOptions.url?.startsWith('/api/')) {
    throw new DomainError('forbidden', 'A key with the role "viewer" can\'t call models.', { role: caller.role });
  }
  return caller;
}

function isPublic(url: string): boolean {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return PUBLIC_PATHS.includes(path) || PUBLIC_PREFIXES.some((prefix) => path.startsWith(prefix));
}
