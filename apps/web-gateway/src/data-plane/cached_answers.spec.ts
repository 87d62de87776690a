import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import type { Grant } from '@purser/rate-limiting';
import {
  COMPLETION,
  EVENTS,
  ScriptedProvider,
  answerJson,
  beginStream,
  streaming,
} from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, resolutionOf, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };
const ON = { headers: { 'x-purser-cache': 'on' } };

let provider: ScriptedProvider;
let gateway: TestGateway;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
beforeEach(async () => {
  gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl)));
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
  provider.received.length = 0;
});
afterAll(() => provider.stop());

/** The route keeps its answers; a change of it is another revision. */
const keepAnswers = (ttlSeconds: number | null = 60, revision = '1') => {
  const { targets } = gateway.configuration.resolution;
  gateway.configuration.resolution = { ...resolutionOf(...targets), cacheTtlSeconds: ttlSeconds, revision };
};

const ask = async (body: unknown = REQUEST, init: RequestInit = {}) => {
  const response = await gateway.post(body, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const { status, headers } = response;
  return { status, headers, bytes, text: bytes.toString(), cache: headers.get('x-cache') };
};

const fill = async (body: unknown = REQUEST) => expect((await ask(body)).cache).toBe('MISS');

describe('where nothing says that answers are kept', () => {
  it('nothing is looked up, and nothing said of it', async () => {
    const { headers } = await ask();
    expect([...headers.keys()].filter((name) => /cache-|^x-cache|^age$/.test(name))).toEqual([]);
    expect([gateway.kept.reads, gateway.kept.sets.length]).toEqual([0, 0]);
    expect(gateway.money.attempts[0]!.open.cache).toBe('BYPASS');
  });

  it.each([
    ['is neither on nor off', 'yes'],
    ['is empty', ''],
    ['is given twice', 'on, off'],
  ])('a header that %s is refused by name', async (_, value) => {
    const { status, text } = await ask(REQUEST, { headers: { 'x-purser-cache': value } });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { param: 'x-purser-cache' } });
    expect(provider.received).toHaveLength(0);
  });
});

describe('an answer that is kept', () => {
  it('is given again, byte by byte, for nothing', async () => {
    keepAnswers();
    const first = await ask();
    const second = await ask();
    expect(second.bytes).toEqual(first.bytes);
    expect(provider.received).toHaveLength(1);
    expect(Object.fromEntries(first.headers)).toMatchObject({ 'x-cache': 'MISS', 'x-cache-hit': 'false' });
    expect(first.headers.has('age')).toBe(false);
    expect(second.status).toBe(200);
    expect(Object.fromEntries(second.headers)).toMatchObject({
      ...{ 'content-type': 'application/json', 'x-purser-provider': 'acme', 'x-purser-model': 'm-1' },
      ...{ 'x-purser-cost-usd': '0', 'x-purser-attempts': '0', 'x-purser-budget-remaining-usd': '5' },
      ...{ 'x-cache': 'HIT', 'x-cache-hit': 'true', age: '0' },
    });
    expect(second.headers.get('x-cache-key')).toBe(first.headers.get('x-cache-key'));
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });

  it('is recorded each time that it is given, as what it is', async () => {
    keepAnswers();
    await ask();
    const { headers } = await ask();
    const [miss, hit] = gateway.money.attempts;
    expect(miss).toMatchObject({ open: { cache: 'MISS' }, close: { cost: '24000' } });
    expect(hit).toMatchObject({
      open: {
        ...{ cache: 'HIT', bound: '0', leases: [], priceVersion: 'price-1', attempt: 1, keyId: 'key-1' },
        ...{ requestId: headers.get('x-request-id'), provider: 'acme', model: 'm-1', route: 'chat' },
      },
      close: {
        ...{ cost: '0', usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }, status: 200 },
        ...{ reason: 'ok', estimated: false, firstByteMs: null },
      },
    });
    expect(hit!.open.usageId).not.toBe(miss!.open.usageId);
  });

  it('is not given before it is recorded', async () => {
    keepAnswers();
    await fill();
    gateway.money.onOpen = () => {
      throw new DomainError('unavailable', 'The usage journal can not be written, so nothing is sent.');
    };
    expect(await ask()).toMatchObject({ status: 503, cache: null });
  });

  it('needs no money, and no place at its provider', async () => {
    keepAnswers();
    await fill();
    gateway.money.onReserve = (budgets) => {
      if (budgets.length > 0) throw new DomainError('budget_exceeded', 'Nothing is left.');
    };
    const { slots } = gateway.limits.enforced.ofProvider(gateway.configuration.resolution.targets[0]!.provider);
    const taken = Array.from({ length: slots.limit.slots }, () => gateway.limits.limiter.take([slots]) as Grant);
    expect(gateway.standing(slots).remaining).toBe(0);
    expect(await ask()).toMatchObject({ status: 200, cache: 'HIT' });
    for (const grant of taken) void grant.release();
    expect(await ask({ ...REQUEST, max_tokens: 51 })).toMatchObject({ status: 402, cache: null });
  });

  it('is for the same request, however it is written', async () => {
    keepAnswers();
    await fill();
    const again = ` {"max_tokens" :50,\n "messages":[ {"content":"Hi","role":"user"} ],"model":"chat" }`;
    expect((await ask(again)).cache).toBe('HIT');
  });

  it.each([
    ['temperature', { temperature: 0 }],
    ['a field that Purser does not know', { some_field: 1 }],
    ['who asks', { user: 'someone' }],
    ['metadata', { metadata: { session: '1' } }],
    ['stream', { stream: true }],
    ['a message', { messages: [{ role: 'user', content: 'Hi ' }] }],
  ])('is not for a request that differs by %s', async (_, changes) => {
    keepAnswers();
    await fill();
    expect((await ask({ ...REQUEST, ...changes })).cache).toBe('MISS');
  });

  it('is for its account alone', async () => {
    keepAnswers();
    await fill();
    gateway.accountId = 'account-2';
    expect((await ask()).cache).toBe('MISS');
    gateway.accountId = 'account-1';
    expect((await ask(REQUEST, { headers: { authorization: 'Bearer key-2' } })).cache).toBe('HIT');
    expect(gateway.money.attempts.at(-1)!.open.keyId).toBe('key-2');
  });

  it('is not found once the route or one of its targets has changed', async () => {
    keepAnswers();
    await fill();
    keepAnswers(60, '2');
    await fill();
    gateway.configuration.resolution = { ...gateway.configuration.resolution, targets: [] };
    expect(await ask()).toMatchObject({ status: 503 });
  });

  it('is kept under the ids of all that it belongs to, for as long as the route says', async () => {
    keepAnswers(7);
    await fill();
    const { options } = gateway.kept.sets[0]!;
    expect(options).toMatchObject({ ttl: 7_000, jitter: 0 });
    expect(options.tags).toEqual(['account:account-1', 'route:chat', 'model:model-of-acme', 'provider:provider-acme']);
  });

  it('is what the client that accepts a coding gets in it', async () => {
    keepAnswers();
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, padding: 'x'.repeat(5_000) }));
    await fill();
    const { headers, text } = await ask(REQUEST, { headers: { 'accept-encoding': 'gzip' } });
    expect([headers.get('content-encoding'), headers.get('x-cache')]).toEqual(['gzip', 'HIT']);
    expect(JSON.parse(text)).toMatchObject({ id: COMPLETION.id });
  });
});

describe('a request that says itself whether', () => {
  it('has its answer kept for 300 s where the route keeps none', async () => {
    expect((await ask(REQUEST, ON)).cache).toBe('MISS');
    expect(gateway.kept.sets).toMatchObject([{ options: { ttl: 300_000 } }]);
    expect((await ask(REQUEST, ON)).cache).toBe('HIT');
    expect((await ask()).cache).toBeNull();
  });

  it('neither takes nor leaves a kept answer with off', async () => {
    keepAnswers();
    const off = { headers: { 'x-purser-cache': 'off' } };
    const { headers, cache } = await ask(REQUEST, off);
    expect([cache, headers.get('x-cache-key')]).toEqual(['BYPASS', null]);
    expect([gateway.kept.reads, gateway.kept.sets.length]).toEqual([0, 0]);
    await fill();
    expect((await ask(REQUEST, off)).cache).toBe('BYPASS');
    expect(gateway.money.attempts.map(({ open }) => open.cache)).toEqual(['BYPASS', 'MISS', 'BYPASS']);
  });
});

describe('a stream that is kept', () => {
  const STREAM = { ...REQUEST, stream: true };
  const events = [EVENTS.first, EVENTS.second, EVENTS.usage, EVENTS.done];

  it.each([
    ['without the usage that was not asked for', {}, EVENTS.first + EVENTS.second],
    [
      'with the usage that was asked for',
      { stream_options: { include_usage: true } },
      EVENTS.first + EVENTS.second + EVENTS.usage,
    ],
  ])('is given again %s, and says that it cost nothing', async (_, options, seen) => {
    keepAnswers();
    provider.next.push(streaming(...events));
    const first = await ask({ ...STREAM, ...options });
    const second = await ask({ ...STREAM, ...options });
    expect(first.text).toBe(`${seen}: x-purser-cost-usd 0.000024\n\n${EVENTS.done}`);
    expect(second.text).toBe(`${seen}: x-purser-cost-usd 0\n\n${EVENTS.done}`);
    expect(first.headers.get('x-cache')).toBe('MISS');
    expect(Object.fromEntries(second.headers)).toMatchObject({
      ...{ 'content-type': 'text/event-stream; charset=utf-8', 'x-cache': 'HIT', 'x-purser-attempts': '0' },
    });
    expect(provider.received).toHaveLength(1);
  });

  it.each([
    ['breaks off', [EVENTS.first]],
    ['ends without [DONE]', [EVENTS.first, EVENTS.second, EVENTS.usage]],
    ['reports no usage', [EVENTS.first, EVENTS.second, EVENTS.done]],
  ])('is not one that %s', async (_, pieces) => {
    keepAnswers();
    provider.next.push(streaming(...pieces));
    expect((await ask(STREAM)).status).toBe(200);
    expect(gateway.kept.sets.length).toBe(0);
  });

  it('is not one that is too large', async () => {
    keepAnswers();
    const long = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(9_900) } }] })}\n\n`;
    provider.next.push(streaming(long, EVENTS.second, EVENTS.usage, EVENTS.done));
    expect((await ask(STREAM)).text).toContain(EVENTS.second);
    expect(gateway.kept.sets.length).toBe(0);
  });

  it('reaches its first client as it comes', async () => {
    keepAnswers();
    const rest = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      beginStream(response).write(EVENTS.first);
      await rest.promise;
      response.end(EVENTS.second + EVENTS.usage + EVENTS.done);
    });
    const response = await gateway.post(STREAM);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(EVENTS.first);
    rest.resolve();
    while (!(await reader.read()).done);
  });
});

describe('an answer that is not kept', () => {
  const { usage: _, ...withoutUsage } = COMPLETION;
  it.each([
    ['judges the request', 422, { error: { message: 'no' } }],
    ['is a failure', 500, { error: { message: 'down' } }],
    ['reports no usage', 200, withoutUsage],
    ['is too large', 200, { ...COMPLETION, padding: 'x'.repeat(10_000) }],
    ['is no answer yet', 202, COMPLETION],
  ])('is one that %s', async (_, status, body) => {
    keepAnswers();
    provider.next.push((response) => answerJson(response, status, body));
    expect((await ask()).status).toBe(status === 500 ? 502 : status);
    expect(gateway.kept.sets.length).toBe(0);
    expect((await ask()).status).toBe(200);
    expect(provider.received).toHaveLength(2);
  });

  it('is one that is not UTF-8', async () => {
    keepAnswers();
    const bytes = Buffer.concat([
      Buffer.from(`{"usage":${JSON.stringify(COMPLETION.usage)},"x":"`),
      Buffer.of(0xff, 0x22, 0x7d),
    ]);
    provider.next.push((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(bytes));
    expect((await ask()).bytes).toEqual(bytes);
    expect(gateway.kept.sets.length).toBe(0);
  });

  it('is one to a request that is too large to be looked up', async () => {
    keepAnswers();
    const { cache } = await ask({ ...REQUEST, messages: [{ role: 'user', content: 'x'.repeat(10_000) }] });
    expect([cache, gateway.kept.reads]).toEqual(['BYPASS', 0]);
  });
});

describe('a cache that fails', () => {
  it.each(['get', 'set'] as const)('on %s fails no request', async (failing) => {
    keepAnswers();
    gateway.kept.onUse = (use) => {
      if (use === failing) throw new Error('gone');
    };
    for (const count of [1, 2]) {
      expect(await ask()).toMatchObject({ status: 200, cache: 'MISS' });
      expect(provider.received).toHaveLength(count);
    }
  });

  it.each([
    ['of a model that is not there', 'body', { modelId: 'other' }],
    ['of nobody', 'body', {}],
    ['of another kind', { body: true }, { modelId: 'model-of-acme' }],
  ])('and gives an answer %s is not believed', async (_, value, attributes) => {
    keepAnswers();
    await fill();
    await gateway.kept.cache.set(gateway.kept.sets[0]!.key, value, { attributes });
    expect(await ask()).toMatchObject({ status: 200 });
    expect(provider.received).toHaveLength(2);
  });

  it('forgets what was invalidated', async () => {
    keepAnswers();
    await fill();
    await gateway.kept.cache.invalidateTags('model:model-of-acme');
    await fill();
  });
});
