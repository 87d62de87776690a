import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { COMPLETION, ScriptedProvider, answerJson } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const MESSAGES = [{ role: 'user', content: 'Hi' }];

describe('a plain chat completion', () => {
  let provider: ScriptedProvider;
  let gateway: TestGateway;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
  });
  beforeEach(async () => {
    gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl)));
    provider.received.length = 0;
  });
  afterEach(async () => {
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
  });
  afterAll(() => provider.stop());

  it("gives back the provider's bytes unchanged, with what it cost", async () => {
    const odd = Buffer.from(`{ "usage" : ${JSON.stringify(COMPLETION.usage)},\n "choices": [ "é" ] }\n`);
    provider.next.push((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'theirs', 'openai-version': 'v1' });
      response.end(odd);
    });
    const response = await gateway.post({ model: 'chat', messages: MESSAGES, max_tokens: 50 });
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(odd);
    // 60 × 0.15 + 40 × 0.075 + 20 × 0.60 USD per million.
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'openai-version': 'v1',
      'x-purser-provider': 'acme',
      'x-purser-model': 'm-1',
      'x-purser-cost-usd': '0.000024',
      'x-purser-budget-remaining-usd': '5',
      'x-purser-attempts': '1',
    });
    expect(response.headers.get('x-request-id')).not.toBe('theirs');
    expect(Number(response.headers.get('x-response-time-ms'))).toBeGreaterThan(0);
  });

  it('leaves out what is left of the budgets where nobody knows it', async () => {
    gateway.money.remainingNanos = undefined;
    const response = await gateway.post({ model: 'chat', messages: MESSAGES });
    expect(response.headers.has('x-purser-budget-remaining-usd')).toBe(false);
    await response.arrayBuffer();
  });

  it('sends the request on with only the model and the token limit changed', async () => {
    const body =
      '{"messages":[{"role":"user","content":"Hi \\u00e9"}] , "model" : "chat","unknown":{"a":[1.0,2e3]},"temperature":0.10}';
    await (await gateway.post(body)).arrayBuffer();
    expect(provider.received[0]!.path).toBe('/v1/chat/completions');
    expect(provider.received[0]!.body.toString()).toBe(
      body.replace('"chat"', '"m-1"').replace(/}$/, ',"max_tokens":1000}'),
    );
    expect(provider.received[0]!.headers).toMatchObject({
      authorization: 'Bearer sk-upstream',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'x-purser-usage-id': gateway.money.attempts[0]!.open.usageId,
    });
  });

  it("passes none of the client's own headers on", async () => {
    const headers = { 'x-api-key': 'secret', cookie: 'a=b', 'openai-organization': 'org' };
    await (await gateway.post({ model: 'chat', messages: MESSAGES }, { headers })).arrayBuffer();
    const sent = provider.received[0]!.headers;
    expect([sent['x-api-key'], sent.cookie, sent['openai-organization']]).toEqual([undefined, undefined, undefined]);
  });

  it('records the attempt: what it may cost before it leaves, what it cost before the answer', async () => {
    const response = await gateway.post(
      { model: 'chat', messages: MESSAGES, max_tokens: 50 },
      { headers: { 'x-request-id': 'r-1' } },
    );
    await response.arrayBuffer();
    const sentBytes = provider.received[0]!.body.length;
    const bound = (BigInt(sentBytes + 16) * 150_000_000n + 50n * 600_000_000n + 999_999n) / 1_000_000n;
    const { open, close } = gateway.money.attempts[0]!;
    expect(open).toEqual({
      usageId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      bound: bound.toString(),
      leases: ['lease-of-budget-for-provider-acme'],
      priceVersion: 'price-1',
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      requestId: 'r-1',
      attempt: 1,
      accountId: 'account-1',
      keyId: 'key-1',
      provider: 'acme',
      model: 'm-1',
      route: 'chat',
      cache: 'BYPASS',
    });
    expect(close).toEqual({
      cost: '24000',
      usage: { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40 },
      status: 200,
      reason: 'ok',
      estimated: false,
      latencyMs: expect.any(Number),
      firstByteMs: expect.any(Number),
    });
    expect(gateway.money.reserved).toEqual([
      { budgets: ['budget-for-provider-acme'], boundNanos: bound, closedAt: 24_000n },
    ]);
  });

  it('sends nothing before the open is written', async () => {
    const written = Promise.withResolvers<void>();
    gateway.money.onOpen = () => written.promise;
    const response = gateway.post({ model: 'chat', messages: MESSAGES });
    while (gateway.money.reserved.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(provider.received).toHaveLength(0);
    written.resolve();
    expect((await response).status).toBe(200);
  });

  it('answers nothing before the close is written', async () => {
    const closing = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    gateway.money.onClose = () => {
      closing.resolve();
      return written.promise;
    };
    let answered = false;
    const response = gateway.post({ model: 'chat', messages: MESSAGES }).finally(() => (answered = true));
    await closing.promise;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    written.resolve();
    expect((await response).status).toBe(200);
  });

  it('settles what was measured, also above the bound', async () => {
    const usage = { prompt_tokens: 1_000_000, completion_tokens: 1_000_000 };
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, usage }));
    const response = await gateway.post({ model: 'chat', messages: MESSAGES, max_tokens: 1 });
    expect(response.headers.get('x-purser-cost-usd')).toBe('0.75');
    await response.arrayBuffer();
    expect(gateway.money.closes[0]).toMatchObject({ cost: '750000000', estimated: false, reason: 'ok' });
  });

  it.each([
    ['no usage', { ...COMPLETION, usage: undefined }],
    ['usage null', { ...COMPLETION, usage: null }],
    ['a usage that is none', { ...COMPLETION, usage: { prompt_tokens: -1, completion_tokens: 'x' } }],
    ['an error in its body', { error: { message: 'overloaded' } }],
  ])('charges the bound for an answer with %s', async (_what, body) => {
    provider.next.push((response) => answerJson(response, 200, body));
    const response = await gateway.post({ model: 'chat', messages: MESSAGES });
    expect([response.status, await response.json()]).toEqual([200, JSON.parse(JSON.stringify(body))]);
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, estimated: true, reason: 'no-usage', status: 200 });
  });

  it('counts as output what a provider reports in its total alone', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 150 };
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, usage }));
    await (await gateway.post({ model: 'chat', messages: MESSAGES })).arrayBuffer();
    expect(gateway.money.closes[0]?.usage).toEqual({ inputTokens: 100, outputTokens: 50, cachedInputTokens: 0 });
  });

  it('serves requests that match no budget', async () => {
    gateway.configuration.budgetsFor = () => [];
    expect((await gateway.post({ model: 'chat', messages: MESSAGES })).status).toBe(200);
    expect(gateway.money.attempts[0]!.open.leases).toEqual([]);
  });
});
