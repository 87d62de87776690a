import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@purser/config';
import { startTestEdge, testConfig, type TestEdge } from '../testing/start-test-edge.ts';

const page = 'https://purser.example.com';
const preflight = { origin: page, 'access-control-request-method': 'POST' };

/** Runs with an edge that is configured so, and ends it. */
async function withEdge(env: Record<string, string>, run: (edge: TestEdge) => Promise<void>): Promise<void> {
  const edge = await startTestEdge({ env });
  try {
    await run(edge);
  } finally {
    await edge.app.close();
  }
}

describe('security headers', () => {
  it('are on every answer, errors too', () =>
    withEdge({}, async ({ app }) => {
      for (const url of ['/openapi.json', '/nothing', '/api/v1/accounts']) {
        const { headers } = await app.inject({ url });
        expect(headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'cross-origin-resource-policy': 'same-origin',
          'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        });
        expect(headers['strict-transport-security']).toBeUndefined();
      }
    }));

  it('say what is configured', () =>
    withEdge(
      { FRAME_ANCESTORS: `self, ${page}`, REFERRER_POLICY: 'same-origin', HSTS_MAX_AGE_SECONDS: '31536000' },
      async ({ app }) => {
        const { headers } = await app.inject({ url: '/openapi.json' });
        expect(headers).toMatchObject({
          'referrer-policy': 'same-origin',
          'strict-transport-security': 'max-age=31536000',
          'content-security-policy': `default-src 'none'; frame-ancestors 'self' ${page}`,
        });
        expect(headers['x-frame-options']).toBeUndefined();
      },
    ));

  it('speak for subdomains where that is said', () =>
    withEdge({ HSTS_MAX_AGE_SECONDS: '600', HSTS_INCLUDE_SUBDOMAINS: 'on' }, async ({ app }) => {
      const { headers } = await app.inject({ url: '/openapi.json' });
      expect(headers['strict-transport-security']).toBe('max-age=600; includeSubDomains');
    }));

  it('are left out where a proxy sets them', () =>
    withEdge({ SECURITY_HEADERS: 'off' }, async ({ app }) => {
      for (const url of ['/openapi.json', '/docs']) {
        const { headers } = await app.inject({ url });
        expect(headers['x-content-type-options'] ?? headers['content-security-policy']).toBeUndefined();
      }
    }));
});

describe('CORS', () => {
  it('is off unless configured', () =>
    withEdge({}, async ({ app }) => {
      const answer = await app.inject({ url: '/openapi.json', headers: { origin: page } });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(answer.headers.vary).toBe('Accept-Encoding');
      expect((await app.inject({ method: 'OPTIONS', url: '/api/v1/accounts', headers: preflight })).statusCode).toBe(
        405,
      );
    }));

  it('lets the pages of listed origins in, errors too, and no others', () =>
    withEdge({ CORS_ORIGINS: `${page},http://localhost:5173`, CORS_CREDENTIALS: 'on' }, async ({ app }) => {
      for (const url of ['/openapi.json', '/api/v1/accounts']) {
        const answer = await app.inject({ url, headers: { origin: page } });
        expect(answer.headers).toMatchObject({
          'access-control-allow-origin': page,
          'access-control-allow-credentials': 'true',
          vary: 'Accept-Encoding, Origin',
        });
        const exposed = String(answer.headers['access-control-expose-headers']).split(', ');
        expect(exposed).toEqual(expect.arrayContaining(['etag', 'link', 'x-total-count', 'x-purser-cost-usd']));
        const other = await app.inject({ url, headers: { origin: 'https://evil.example.com' } });
        expect(other.headers['access-control-allow-origin']).toBeUndefined();
        expect(other.headers.vary).toBe('Accept-Encoding, Origin');
      }
    }));

  it('answers a preflight without a key, for paths that exist and origins that are listed', () =>
    withEdge({ CORS_ORIGINS: page, CORS_MAX_AGE_SECONDS: '60' }, async ({ app }) => {
      const ask = (url: string, headers: Record<string, string>) => app.inject({ method: 'OPTIONS', url, headers });
      const asked = { ...preflight, 'access-control-request-headers': 'authorization,x-stainless-lang' };
      const answer = await ask('/api/v1/accounts?page=1', asked);
      expect([answer.statusCode, answer.body]).toEqual([204, '']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': page,
        'access-control-allow-methods': expect.stringContaining('POST'),
        'access-control-allow-headers': 'authorization,x-stainless-lang',
        'access-control-max-age': '60',
        vary: 'Access-Control-Request-Method, Access-Control-Request-Headers, Origin',
      });
      expect((await ask('/nothing', preflight)).statusCode).toBe(404);
      expect((await ask('/api/v1/accounts', { ...preflight, origin: 'https://evil.example.com' })).statusCode).toBe(
        405,
      );
      const odd = await ask('/api/v1/accounts', { ...preflight, 'access-control-request-headers': 'a b\u007f' });
      expect(odd.headers['access-control-allow-headers']).toBeUndefined();
    }));

  it('with * is the same for all', () =>
    withEdge({ CORS_ORIGINS: '*' }, async ({ app }) => {
      const { headers } = await app.inject({ url: '/openapi.json', headers: { origin: page } });
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers.vary).toBe('Accept-Encoding');
    }));

  it.each([
    [{ CORS_ORIGINS: '*', CORS_CREDENTIALS: 'on' }, 'CORS_CREDENTIALS'],
    [{ CORS_ORIGINS: `*,${page}` }, 'CORS_ORIGINS'],
    [{ CORS_ORIGINS: `${page}/` }, 'CORS_ORIGINS'],
    [{ CORS_ORIGINS: 'purser.example.com' }, 'CORS_ORIGINS'],
    [{ FRAME_ANCESTORS: 'none,self' }, 'FRAME_ANCESTORS'],
    [{ COMPRESSION_LEVEL: '10' }, 'COMPRESSION_LEVEL'],
    [{ COMPRESSION: 'maybe' }, 'COMPRESSION'],
    [{ HSTS_INCLUDE_SUBDOMAINS: 'on' }, 'HSTS_INCLUDE_SUBDOMAINS'],
  ])('%j is refused at the start, by name', (env, name) => {
    expect(() => testConfig(env)).toThrow(ConfigError);
    expect(() => testConfig(env)).toThrow(`${name}: read`);
  });
});
