import type { FastifyReply, FastifyRequest } from 'fastify';
import { methodsOf } from '../errors/routes.ts';
import type { WebGatewayConfig } from '../web-gateway.config.ts';

export type CorsConfig = Pick<WebGatewayConfig, 'CORS_ORIGINS' | 'CORS_CREDENTIALS' | 'CORS_MAX_AGE_SECONDS'>;

/** What a page of another origin may read of an answer, beside what browsers always show. */
const EXPOSED = [
  ...['age', 'allow', 'etag', 'link', 'location', 'retry-after', 'server-timing', 'www-authenticate'],
  ...['x-cache', 'x-cache-hit', 'x-cache-key', 'x-page', 'x-per-page', 'x-total-count', 'x-total-pages'],
  ...['ratelimit', 'ratelimit-policy', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  ...['x-purser-attempts', 'x-purser-budget-remaining-usd', 'x-purser-cost-usd', 'x-purser-model', 'x-purser-provider'],
  ...['x-request-id', 'x-response-time-ms', 'openai-processing-ms', 'openai-version', 'retry-after-ms'],
].join(', ');

/** Names of headers, as a preflight lists them. */
const HEADER_NAMES = /^[\w-]+(?: *, *[\w-]+)*$/;
const MOST_HEADER_CHARACTERS = 2_000;

/** The CORS headers of any answer to a page of an origin that is allowed; names and values in turn. */
export function corsHeaders({ CORS_CREDENTIALS: credentials }: CorsConfig, origin: string): string[] {
  return [
    ...['access-control-allow-origin', origin],
    ...(credentials ? ['access-control-allow-credentials', 'true'] : []),
    ...['access-control-expose-headers', EXPOSED],
  ];
}

/**
 * Answers a preflight (Fetch standard) for a path that exists: it carries no key, so it must come before authentication.
 * @returns whether it was one, and is answered
 */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, config: CorsConfig): boolean {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) return false;
  if (!config.CORS_ORIGINS.includes('*') && !config.CORS_ORIGINS.includes(origin)) return false;
  const [path = '/'] = request.url.split('?');
  const methods = methodsOf(request.server, path);
  if (methods.length === 0) return false;
  const asked = request.headers['access-control-request-headers'];
  const allowed = asked !== undefined && asked.length <= MOST_HEADER_CHARACTERS && HEADER_NAMES.test(asked);
  // Clients bring headers of their own, such as those that OpenAI's adds; a key decides, not a list of names.
  if (allowed) void reply.header('access-control-allow-headers', asked);
  void reply
    .code(204)
    .header('access-control-allow-methods', methods.join(', '))
    .header('access-control-max-age', String(config.CORS_MAX_AGE_SECONDS))
    .header('vary', 'Access-Control-Request-Method, Access-Control-Request-Headers')
    .send();
  return true;
}
