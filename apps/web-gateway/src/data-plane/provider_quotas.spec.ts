import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { COMPLETION, ScriptedProvider, answerJson } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 20 };

let provider: ScriptedProvider;
let other: ScriptedProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await ScriptedProvider.start();
  other = await ScriptedProvider.start();
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
  provider.received.length = 0;
});
afterAll(async () => {
  await provider.stop();
  await other.stop();
});

/** Starts a gateway whose route has one or two targets. */
const start = async (targets: 1 | 2) => {
  const all = [target(provider.baseUrl), target(other.baseUrl, { name: 'other' })];
  gateway = await TestGateway.start(new TestConfiguration(...all.slice(0, targets)));
};

const ask = async () => {
  const response = await gateway.post(REQUEST);
  const json = (await response.json()) as { error?: Record<string, unknown> };
  return { status: response.status, headers: response.headers, error: json.error };
};

describe('what a provider says of its own limits', () => {
  const answering = (status: number, headers: Record<string, string>) => {
    provider.next.push((response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      answerJson(response, status, status === 200 ? COMPLETION : { error: { message: 'Enough for now.' } });
    });
  };

  it.each([
    ['429 and when to come again', 429, { 'retry-after': '30' }],
    ['503 and when to come again', 503, { 'retry-after': '30' }],
    [
      'that nothing is left',
      200,
      {
        'x-ratelimit-limit-requests': '60',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '30s',
      },
    ],
  ])('is obeyed until then: %s', async (_, status, headers) => {
    await start(1);
    answering(status, headers);
    await ask();
    const refused = await ask();
    expect([refused.status, refused.error]).toEqual([503, expect.objectContaining({ code: 'provider_busy' })]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(provider.received).toHaveLength(1);
  });

  it('leads to the next target, without an attempt', async () => {
    await start(2);
    answering(429, { 'retry-after': '30' });
    const first = await ask();
    expect([first.headers.get('x-purser-provider'), first.headers.get('x-purser-attempts')]).toEqual(['other', '2']);
    const second = await ask();
    expect([second.headers.get('x-purser-provider'), second.headers.get('x-purser-attempts')]).toEqual(['other', '1']);
  });

  describe('of one of its models', () => {
    const perModel = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0' };

    beforeEach(async () => {
      const models = ['model-a', 'model-b'].map((id) => target(provider.baseUrl, {}, { id, name: id }));
      gateway = await TestGateway.start(new TestConfiguration(...models));
    });

    it.each([
      ['in limits of requests and tokens', { ...perModel, 'x-ratelimit-reset-requests': '300s', 'retry-after': '300' }],
      ["in Anthropic's limits", { 'anthropic-ratelimit-requests-remaining': '0', 'retry-after': '300' }],
      ['in a bare refusal', { 'retry-after': '300' }],
    ])('leads to the next one: %s', async (_, headers) => {
      answering(429, headers);
      const first = await ask();
      expect([first.headers.get('x-purser-model'), first.headers.get('x-purser-attempts')]).toEqual(['model-b', '2']);
      const second = await ask();
      expect([second.headers.get('x-purser-model'), second.headers.get('x-purser-attempts')]).toEqual(['model-b', '1']);
    });

    it.each([
      ['an overload', 503, { 'retry-after': '30' }],
      ['a limit over all', 429, { ratelimit: '"requests";r=0;t=30', 'retry-after': '30' }],
    ])('is told from what holds for all of them: %s', async (_, status, headers) => {
      answering(status, headers);
      expect(await ask()).toMatchObject({ status: 503, error: { code: 'provider_busy' } });
      expect((await ask()).status).toBe(503);
      expect(provider.received).toHaveLength(1);
    });
  });

  it('ends with an answer to a request that was sent later', async () => {
    gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl, { concurrency: 1 })));
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 429, { error: { message: 'Enough.' } }, { 'retry-after': '300' });
    });
    const first = ask();
    await waitUntil(() => provider.received.length === 1, { timeoutMs: 10_000, everyMs: 2, what: 'it is asked' });
    const second = ask();
    await waitUntil(() => gateway.completions.inFlight === 2, { timeoutMs: 10_000, everyMs: 2, what: 'one waits' });
    release.resolve();
    expect([(await first).status, (await second).status, (await ask()).status]).toEqual([503, 200, 200]);
  });

  it('is asked again where it refuses and does not say for how long', async () => {
    await start(1);
    answering(429, {});
    expect((await ask()).status).toBe(503);
    expect((await ask()).status).toBe(200);
  });

  it('is forgotten with a reset', async () => {
    await start(1);
    answering(429, { 'retry-after': '30' });
    await ask();
    expect((await ask()).status).toBe(503);
    gateway.limits.forgetRefusals();
    expect((await ask()).status).toBe(200);
  });
});
