import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { invalidField } from '@purser/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { allOperations } from './all-operations.ts';

/**
 * Refuses query parameters that the description of an operation does not name, so that none is read and ignored: on
 * `/api/v1`, also where the operation takes none at all. What the values may be is the contracts' to say.
 */
@Injectable()
export class KnownParameters implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const known = parametersByRoute();
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('preHandler', (request, _reply, done) => {
      const names = known.get(routeOf(request));
      const unknown = names && Object.keys(request.query as object).find((name) => !names.has(name));
      done(unknown === undefined ? undefined : invalidField(unknown, 'is not a field that is known here'));
    });
  }
}

function parametersByRoute(): Map<string, ReadonlySet<string>> {
  const described = allOperations().filter(({ path }) => path.startsWith('/api/'));
  return new Map(
    described.map(({ method, path, query }) => {
      const names = Object.keys((query?.['properties'] as object | undefined) ?? {});
      return [`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`, new Set(names)];
    }),
  );
}

function routeOf({ method, routeOptions }: FastifyRequest): string {
  return `${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`;
}
