import type { FastifyInstance } from 'fastify';

interface Route {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

const routesOf = new WeakMap<FastifyInstance['server'], Route[]>();

/** Remembers every route that is registered from now on, for `methodsOf`. */
export function rememberRoutes(fastify: FastifyInstance): void {
  const routes: Route[] = [];
  routesOf.set(fastify.server, routes);
  fastify.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), segments: url.split('/') });
  });
}

/** The methods that a path can be called with, in the order of their registration; none where the path is unknown. */
export function methodsOf(fastify: FastifyInstance, path: string): readonly string[] {
  const segments = path.split('/');
  const routes = routesOf.get(fastify.server) ?? [];
  return [...new Set(routes.filter((route) => matches(route.segments, segments)).flatMap(({ methods }) => methods))];
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.at(-1) === '*' ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every(
    (segment, index) => segment === path[index] || segment === '*' || isParameter(segment, path[index]),
  );
}

function isParameter(segment: string, value: string | undefined): boolean {
  return segment.startsWith(':') && value !== '';
}
