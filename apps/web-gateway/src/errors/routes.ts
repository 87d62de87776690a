import type { FastifyInstance } from 'fastify';

/** A route as it was registered; `url` is its pattern. */
export interface RegisteredRoute {
  readonly methods: readonly string[];
  readonly url: string;
}

const remembered = new WeakMap<FastifyInstance['server'], RegisteredRoute[]>();

/** Remembers every route that is registered from now on. */
export function rememberRoutes(fastify: FastifyInstance): void {
  const routes: RegisteredRoute[] = [];
  remembered.set(fastify.server, routes);
  fastify.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), url });
  });
}

/** The routes, in the order of their registration. */
export function routesOf(fastify: FastifyInstance): readonly RegisteredRoute[] {
  return remembered.get(fastify.server) ?? [];
}

/** The methods that a path can be called with; none where the path is unknown. */
export function methodsOf(fastify: FastifyInstance, path: string): readonly string[] {
  const segments = path.split('/');
  const matching = routesOf(fastify).filter(({ url }) => matches(url.split('/'), segments));
  return [...new Set(matching.flatMap(({ methods }) => methods))];
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
