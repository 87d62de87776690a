import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DomainError } from '@purser/errors';
import { hashApiKey } from '@purser/secrets';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationStore } from '../configuration/configuration.store.ts';
import type { Snapshot } from '../configuration/snapshot.ts';
import { GITHUB_WEBHOOK_PATH } from '../control-plane/webhooks.controller.ts';
import { sendError } from '../errors/send-error.ts';
import { limitAddress, limitCaller } from '../limits/limit-requests.ts';
import { TrafficLimits } from '../limits/traffic-limits.ts';
import { apiKeyOf } from './credentials.ts';
import type { Caller } from './caller.ts';

/** What probes read: neither a key nor a limit may stand in front of it. */
const METRICS = '/metrics';
const PROBES = '/health/';
/** What else can be read without a key. The router decodes the rest of a path, but joins no `..`, so prefixes are safe. */
const PUBLIC_PATHS = ['/openapi.json', '/docs', GITHUB_WEBHOOK_PATH];
const PUBLIC_PREFIX = '/docs/';

/**
 * Puts `request.caller` on every request but those for public paths, and has the limits of its caller, else of its address,
 * look at it. It runs before the body is read and for every route that exists, so a route is closed unless it is listed here.
 * Synchronous where limits are, because each request pays for it.
 */
@Injectable()
export class Authentication implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly configuration: ConfigurationStore,
    private readonly limits: TrafficLimits,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Declared up front, so that all requests have the same shape.
    fastify.decorateRequest('caller', null as unknown as Caller);
    fastify.decorateRequest('configurationVersion', 0);
    fastify.decorateRequest('count', null);
    fastify.addHook('onRequest', (request, reply, done) => this.#admit(request, reply, done));
  }

  /** Goes on where the request may; otherwise it is answered. */
  #admit(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const path = pathIn(request.raw.url ?? '');
    if (path === METRICS || path.startsWith(PROBES)) return done();
    if (request.is404 || PUBLIC_PATHS.includes(path) || path.startsWith(PUBLIC_PREFIX)) {
      return limitAddress(this.limits, request, reply, done);
    }
    try {
      this.#authenticate(request);
    } catch (error) {
      const answer = (): void => sendError(request, reply, error);
      if (!isBadKey(error)) return answer();
      return limitAddress(this.limits, request, reply, answer);
    }
    limitCaller(this.limits, request, reply, () => {
      if (mayCall(request)) done();
      else sendError(request, reply, viewerRefused(request.caller));
    });
  }

  #authenticate(request: FastifyRequest): void {
    const snapshot = this.configuration.current;
    if (snapshot === undefined) throw new DomainError('unavailable', 'The configuration has not been read yet.');
    request.caller = authenticate(request, snapshot);
    request.configurationVersion = snapshot.version;
  }
}

function authenticate(request: FastifyRequest, snapshot: Snapshot): Caller {
  const caller = snapshot.callerOf(hashApiKey(apiKeyOf(request.headers)));
  if (caller === undefined) throw new DomainError('invalid_api_key', 'The API key is unknown, disabled or expired.');
  return caller;
}

/** A viewer reads the control plane, which has a guard of its own, and calls nothing else. */
function mayCall({ caller, routeOptions }: FastifyRequest): boolean {
  return caller.role !== 'viewer' || routeOptions.url?.startsWith('/api/') === true;
}

function viewerRefused({ role }: Caller): DomainError {
  return new DomainError('forbidden', 'A key with the role "viewer" can\'t call models.', { role });
}

function isBadKey(error: unknown): boolean {
  return error instanceof DomainError && error.kind === 'unauthenticated';
}

function pathIn(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
