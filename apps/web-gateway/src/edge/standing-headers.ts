import type { WebGatewayConfig } from '../web-gateway.config.ts';
import { corsHeaders, type CorsConfig } from './cors.ts';

export type SecurityConfig = Pick<
  WebGatewayConfig,
  'SECURITY_HEADERS' | 'FRAME_ANCESTORS' | 'REFERRER_POLICY' | 'HSTS_MAX_AGE_SECONDS' | 'HSTS_INCLUDE_SUBDOMAINS'
>;

/**
 * The headers that every answer carries whatever it answers: about security, and for the pages of other origins (CORS). Made
 * once for each origin that is allowed, as names and values in turn: each request of the hot path pays for them.
 */
export class StandingHeaders {
  readonly #plain: readonly string[];
  readonly #byOrigin = new Map<string, readonly string[]>();
  readonly #anyOrigin: readonly string[] | undefined;

  constructor(config: SecurityConfig & CorsConfig) {
    const security = securityHeaders(config);
    const origins = config.CORS_ORIGINS;
    for (const origin of origins) this.#byOrigin.set(origin, [...security, ...corsHeaders(config, origin)]);
    this.#anyOrigin = this.#byOrigin.get('*');
    this.#plain = security;
    this.varyByOrigin = origins.length > 0 && !this.#anyOrigin;
  }

  /** Whether answers differ by the request's Origin, so that each has to say `Vary: Origin`. */
  readonly varyByOrigin: boolean;

  /** For an answer to a request of this origin (undefined: of no page). */
  for(origin: string | undefined): readonly string[] {
    if (origin === undefined) return this.#plain;
    return this.#anyOrigin ?? this.#byOrigin.get(origin) ?? this.#plain;
  }
}

/** What an answer of the API says to browsers: it is data, to be run, shown or framed by no page. */
function securityHeaders(config: SecurityConfig): string[] {
  if (!config.SECURITY_HEADERS) return [];
  const { FRAME_ANCESTORS: ancestors, HSTS_MAX_AGE_SECONDS: hstsSeconds } = config;
  const subdomains = config.HSTS_INCLUDE_SUBDOMAINS ? '; includeSubDomains' : '';
  return [
    ...['x-content-type-options', 'nosniff'],
    ...frameOptions(ancestors),
    ...['referrer-policy', config.REFERRER_POLICY],
    ...['cross-origin-resource-policy', 'same-origin'],
    ...['content-security-policy', `default-src 'none'; frame-ancestors ${frameAncestors(ancestors)}`],
    ...(hstsSeconds > 0 ? ['strict-transport-security', `max-age=${hstsSeconds}${subdomains}`] : []),
  ];
}

/** The value of the directive `frame-ancestors`. */
export function frameAncestors(ancestors: readonly string[]): string {
  return ancestors.map((each) => (each === 'none' || each === 'self' ? `'${each}'` : each)).join(' ');
}

/** For browsers that don't know `frame-ancestors`; the header can't name origins, and then there is none. */
function frameOptions(ancestors: readonly string[]): string[] {
  const [only, ...others] = ancestors;
  if (others.length > 0) return [];
  if (only === 'none') return ['x-frame-options', 'DENY'];
  return only === 'self' ? ['x-frame-options', 'SAMEORIGIN'] : [];
}
