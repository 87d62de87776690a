import { afterEach, describe, expect, it } from '@jest/globals';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { ProviderConnections } from './provider-connections.ts';
import { ProviderEndpoints } from './provider-endpoint.ts';

const TIMEOUTS = { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 1_000 };

describe('connections to providers', () => {
  let connections = new ProviderConnections(TIMEOUTS);

  afterEach(async () => {
    await connections.close();
    connections = new ProviderConnections(TIMEOUTS);
  });

  const provider = (baseUrl: string, apiKey: string | null = null) => ({ baseUrl, apiKey }) as TargetProvider;

  it('are pooled by origin', () => {
    expect(connections.poolFor('http://a.test')).toBe(connections.poolFor('http://a.test'));
    expect(connections.poolFor('http://a.test')).not.toBe(connections.poolFor('https://a.test'));
  });

  it('are closed beyond a number of origins, and made anew for an endpoint that is called again', () => {
    const endpoints = new ProviderEndpoints(connections);
    const first = provider('http://first.test/v1');
    const before = endpoints.of(first).pool;
    for (let origin = 0; origin < 300; origin++) connections.poolFor(`http://o${origin}.test`);
    expect(before.closed).toBe(true);
    expect(endpoints.of(first).pool.closed).toBe(false);
  });

  it.each([
    ['http://a.test/v1', '/v1/chat/completions'],
    ['http://a.test/v1/', '/v1/chat/completions'],
    ['http://a.test:8080', '/chat/completions'],
    ['http://a.test/a%20b//', '/a%20b/chat/completions'],
  ])('go to %s at %s', (baseUrl, path) => {
    expect(new ProviderEndpoints(connections).of(provider(baseUrl)).path).toBe(path);
  });

  it('carry the API key, where there is one', () => {
    const endpoints = new ProviderEndpoints(connections);
    expect(endpoints.of(provider('http://a.test')).headers).not.toContain('authorization');
    const { headers } = endpoints.of(provider('http://a.test', 'sk-1'));
    expect(headers[headers.indexOf('authorization') + 1]).toBe('Bearer sk-1');
  });
});
