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
      const unknown = unknownIn(request, namesFor(request, known));
      done(unknown === undefined ? undefined : invalidField(unknown, 'is not a field that is known here'));
    });
  }
}

/** The names that an operation takes, by its method and the pattern of its path: each request pays for finding them. */
type Parameters = Map<string, Map<string, ReadonlySet<string>>>;

function parametersByRoute(): Parameters {
  const known: Parameters = new Map();
  for (const { method, path, query } of allOperations()) {
    if (!path.startsWith('/api/')) continue;
    const names = Object.keys((query?.['properties'] as object | undefined) ?? {});
    const ofMethod = known.get(method.toUpperCase()) ?? new Map<string, ReadonlySet<string>>();
    known.set(method.toUpperCase(), ofMethod.set(path.replace(/\{(\w+)\}/g, ':$1'), new Set(names)));
  }
  return known;
}

function namesFor({ method, routeOptions }: FastifyRequest, known: Parameters): ReadonlySet<string> | undefined {
  return known.get(method === 'HEAD' ? 'GET' : method)?.get(routeOptions.url ?? '');
}

function unknownIn({ query }: FastifyRequest, names: ReadonlySet<string> | undefined): string | undefined {
  if (names === undefined) return undefined;
  for (const name in query as object) if (!names.has(name)) return name;
  return undefined;
}
