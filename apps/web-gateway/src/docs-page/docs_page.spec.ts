import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestEdge, type TestEdge } from '../testing/start-test-edge.ts';

describe('/docs', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge();
  });
  afterAll(() => edge?.app.close());

  it('needs no key, and loads nothing but its own files, each of which is there', async () => {
    const page = await edge.app.inject({ url: '/docs' });
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(addresses.filter((address) => !/^(docs\/|openapi\.json$|data:)/.test(address))).toEqual([]);
    const files = addresses.filter((address) => address.startsWith('docs/'));
    expect(files).toHaveLength(3);
    for (const file of files) {
      const asset = await edge.app.inject({ url: `/${file}` });
      expect([file, asset.statusCode, asset.headers['cache-control']]).toEqual([file, 200, 'public, max-age=86400']);
      expect(asset.headers['content-type']).toMatch(file.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
      const again = await edge.app.inject({
        ...{ url: `/${file}`, headers: { 'if-none-match': String(asset.headers.etag) } },
      });
      expect(again.statusCode).toBe(304);
    }
  });

  it('has a policy under which only those run', async () => {
    const { headers, body } = await edge.app.inject({ url: '/docs' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(body).not.toMatch(/<script>|<style>| style=| on\w+=/);
  });

  it('is found with a slash behind it too, also behind a proxy that puts a prefix in front', async () => {
    const { statusCode, headers } = await edge.app.inject({ url: '/docs/' });
    expect(statusCode).toBe(308);
    expect(new URL(String(headers.location), 'http://purser/prefix/docs/').pathname).toBe('/prefix/docs');
    expect((await edge.app.inject({ url: '/docs//' })).statusCode).toBe(404);
  });

  it.each(['/docs/index.html', '/docs/..%2fpackage.json', '/docs/swagger-ui.js'])('%s is not there', async (url) => {
    const answer = await edge.app.inject({ url });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });
});
