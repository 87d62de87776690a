import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CallerLimits } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { waitUntil } from '@purser/testing';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { requestLimits, type RequestLimits } from '../limits/request-limits.ts';
import { COMPLETION, ScriptedProvider, answerJson } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target, type TestGatewayOptions } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'How are you today?' }], max_tokens: 20 };
/** Of REQUEST, by its bytes. */
const PROMPT_TOKENS = Math.ceil(JSON.stringify(REQUEST).length / 4);
/** What COMPLETION reports. */
const USED_TOKENS = COMPLETION.usage.prompt_tokens + COMPLETION.usage.completion_tokens;

const soon = <T>(what: string, condition: () => T) => waitUntil(condition, { timeoutMs: 10_000, everyMs: 2, what });

let provider: ScriptedProvider;
let other: ScriptedProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await ScriptedProvider.start();
  other = await ScriptedProvider.start();
});
beforeEach(() => {
  provider.received.length = other.received.length = 0;
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
});
afterAll(async () => {
  await provider.stop();
  await other.stop();
});

/** Starts a gateway whose requests come with a key, and from an account, of these limits. */
async function start(
  key: CallerLimits | null,
  options: Partial<TestGatewayOptions> & { account?: CallerLimits; providers?: Partial<TargetProvider>[] } = {},
): Promise<RequestLimits> {
  const { account = null, providers = [{}], ...rest } = options;
  const urls = [provider.baseUrl, other.baseUrl];
  const targets = providers.map((each, index) =>
    target(urls[index]!, { name: index === 0 ? 'acme' : 'other', ...each }),
  );
  gateway = await TestGateway.start(new TestConfiguration(...targets), rest);
  const limits = requestLimits({ id: 'key-1', limits: key }, [{ id: 'account-1', limits: account }]);
  gateway.caller = { limits };
  return limits;
}

const ask = async (body: object = REQUEST) => {
  const response = await gateway.post(body);
  const json = (await response.json()) as { error?: Record<string, unknown> };
  return { status: response.status, headers: response.headers, error: json.error };
};
const left = (demand: RequestLimits['requests'][number]) => gateway.standing(demand).remaining;

describe('requests a minute', () => {
  it('are let through up to the limit, then refused with when to come again and whose limit it is', async () => {
    await start({ requestsPerMinute: 2 });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const { status, headers, error } = await ask();
    expect([status, headers.get('retry-after')]).toEqual([429, '30']);
    expect(error).toMatchObject({
      ...{ code: 'rate_limit_exceeded', type: 'requests', limit: 'requestsPerMinute', scope: 'key' },
      message: expect.stringContaining('this key may have 2 requests a minute') as unknown,
    });
    expect(provider.received).toHaveLength(2);
    expect(gateway.money.reserved).toHaveLength(2);
  });

  it('are told by each answer, plain, streamed and refused', async () => {
    await start({ requestsPerMinute: 3 });
    const headers = async (body: object) => {
      const response = await gateway.post(body);
      await response.text();
      const names = ['limit', 'remaining', 'reset'].map((name) => response.headers.get(`x-ratelimit-${name}`));
      return [...names, response.headers.get('ratelimit-policy'), response.headers.get('ratelimit')];
    };
    const policy = '"key-requests";q=3;w=60';
    expect(await headers(REQUEST)).toEqual([
      '3',
      '2',
      '20',
      policy,
      expect.stringMatching(/^"key-requests";r=2;t=\d+$/),
    ]);
    expect(await headers({ ...REQUEST, stream: true })).toEqual([
      '3',
      '1',
      '40',
      policy,
      expect.stringContaining('r=1'),
    ]);
    expect(await headers({ ...REQUEST, n: 0 })).toEqual(['3', '0', '60', policy, expect.stringContaining('r=0')]);
    expect(await headers(REQUEST)).toEqual(['3', '0', expect.any(String), policy, expect.stringContaining('r=0')]);
  });

  it('of an account count those of all its keys, and one refused by it takes nothing of its key', async () => {
    const limits = await start({ requestsPerMinute: 10 }, { account: { requestsPerMinute: 1 } });
    await ask();
    const [ofKey] = limits.requests;
    expect(left(ofKey!)).toBe(9);
    expect(await ask()).toMatchObject({ status: 429, error: { scope: 'account' } });
    expect(left(ofKey!)).toBe(9);
  });

  it.each([
    ['is not JSON', '{', 400],
    ['asks for what there is not', { ...REQUEST, model: 'none' }, 404],
    ['breaks a rule', { ...REQUEST, n: 0 }, 400],
  ])('count one that %s', async (_, body, status) => {
    const limits = await start({ requestsPerMinute: 5, tokensPerMinute: 1_000 });
    expect((await gateway.post(body)).status).toBe(status);
    expect([left(limits.requests[0]!), left(limits.tokens[0]!)]).toEqual([4, 1_000]);
  });

  it('count one whose budget refuses it, whose tokens are given back', async () => {
    const limits = await start({ requestsPerMinute: 5, tokensPerMinute: 1_000 });
    gateway.money.onReserve = () => {
      throw new DomainError('budget_exceeded', 'Nothing is left.');
    };
    expect((await ask()).status).toBe(402);
    expect([left(limits.requests[0]!), left(limits.tokens[0]!)]).toEqual([4, 1_000]);
    expect(gateway.placesTaken()).toBe(0);
  });

  it('count one that is answered from the cache, which takes no tokens', async () => {
    const limits = await start({ requestsPerMinute: 5, tokensPerMinute: 1_000 });
    const on = { headers: { 'x-purser-cache': 'on' } };
    await (await gateway.post(REQUEST, on)).text();
    const tokens = left(limits.tokens[0]!);
    const hit = await gateway.post(REQUEST, on);
    expect([hit.headers.get('x-cache'), hit.headers.get('x-ratelimit-remaining')]).toEqual(['HIT', '3']);
    expect([left(limits.requests[0]!), left(limits.tokens[0]!)]).toEqual([3, tokens]);
  });

  it('refuse one that the cache could answer', async () => {
    await start({ requestsPerMinute: 1 });
    const on = { headers: { 'x-purser-cache': 'on' } };
    expect((await gateway.post(REQUEST, on)).status).toBe(200);
    expect((await gateway.post(REQUEST, on)).status).toBe(429);
  });
});

describe('tokens a minute', () => {
  it('are reserved by an estimate while the request is under way, and corrected by what was used', async () => {
    const limits = await start({ tokensPerMinute: 1_000 });
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const answered = ask();
    await soon('it is with the provider', () => provider.received.length === 1);
    expect(left(limits.tokens[0]!)).toBe(1_000 - PROMPT_TOKENS - 20);
    release.resolve();
    const { status, headers } = await answered;
    expect([status, headers.get('ratelimit-policy')]).toEqual([200, '"key-tokens";q=1000;qu="tokens";w=60']);
    expect(left(limits.tokens[0]!)).toBe(1_000 - USED_TOKENS);
  });

  it('are estimated by what the model put out of late', async () => {
    const limits = await start({ tokensPerMinute: 10_000 });
    await ask({ ...REQUEST, max_tokens: 1_000 });
    const before = left(limits.tokens[0]!);
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const answered = ask({ ...REQUEST, max_tokens: 1_000 });
    await soon('it is with the provider', () => provider.received.length === 2);
    const prompt = Math.ceil(JSON.stringify({ ...REQUEST, max_tokens: 1_000 }).length / 4);
    expect(before - left(limits.tokens[0]!)).toBe(prompt + COMPLETION.usage.completion_tokens);
    release.resolve();
    await answered;
  });

  it('that were used beyond the estimate are owed', async () => {
    const limits = await start({ tokensPerMinute: 100 });
    const usage = { prompt_tokens: 50, completion_tokens: 450 };
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, usage }));
    expect((await ask({ ...REQUEST, max_tokens: 450 })).status).toBe(200);
    expect(left(limits.tokens[0]!)).toBe(-400);
    const refused = await ask();
    expect(refused).toMatchObject({ status: 429, error: { limit: 'tokensPerMinute', type: 'tokens', scope: 'key' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(240);
  });

  it('are all taken where the estimate is above what there is at most', async () => {
    const limits = await start({ tokensPerMinute: PROMPT_TOKENS + 1 });
    expect((await ask()).status).toBe(200);
    expect(left(limits.tokens[0]!)).toBe(PROMPT_TOKENS + 1 - USED_TOKENS);
  });

  it('refuse a prompt that alone never fits, which no time helps', async () => {
    const limits = await start({ tokensPerMinute: 9, requestsPerMinute: 5 });
    const { status, headers, error } = await ask({
      ...REQUEST,
      messages: [{ role: 'user', content: 'x'.repeat(1_300) }],
    });
    expect([status, headers.get('retry-after'), headers.get('x-should-retry')]).toEqual([429, null, 'false']);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', limit: 'tokensPerMinute', scope: 'key' });
    expect(provider.received).toHaveLength(0);
    expect(left(limits.tokens[0]!)).toBe(9);
  });

  it('that a provider did not use, since it failed, are given back', async () => {
    const limits = await start({ tokensPerMinute: 1_000 });
    provider.next.push((response) => answerJson(response, 500, { error: { message: 'down' } }));
    expect((await ask()).status).toBe(502);
    expect(left(limits.tokens[0]!)).toBe(1_000);
  });

  it('stand as estimated where nobody knows what was used', async () => {
    const limits = await start({ tokensPerMinute: 1_000 });
    provider.next.push((response) => void response.destroy());
    expect((await ask()).status).toBe(502);
    expect(left(limits.tokens[0]!)).toBe(1_000 - PROMPT_TOKENS - 20);
  });
});

describe('the limits of a provider', () => {
  it('refuse with 429 where the route has no other target, and the request is counted by nobody', async () => {
    const limits = await start({ requestsPerMinute: 10 }, { providers: [{ limits: { requestsPerMinute: 1 } }] });
    expect((await ask()).status).toBe(200);
    const { status, headers, error } = await ask();
    expect([status, headers.get('retry-after')]).toEqual([429, '60']);
    expect(error).toMatchObject({ scope: 'provider', message: expect.stringContaining('"acme"') as unknown });
    expect(left(limits.requests[0]!)).toBe(9);
    expect(headers.get('ratelimit-policy')).toBe('"key-requests";q=10;w=60');
  });

  it('lead to the next target of the route', async () => {
    await start(null, { providers: [{ limits: { tokensPerMinute: 20 } }, {}] });
    const usage = { prompt_tokens: 5, completion_tokens: 500 };
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, usage }));
    const small = { model: 'chat', messages: [] as object[], max_tokens: 500 };
    expect((await ask({ ...small, messages: [{ role: 'user', content: '' }] })).headers.get('x-purser-provider')).toBe(
      'acme',
    );
    expect((await ask()).headers.get('x-purser-provider')).toBe('other');
  });

  it('are exchanged for those of the next target; the request counts once', async () => {
    const limits = await start(
      { requestsPerMinute: 10, tokensPerMinute: 1_000, concurrency: 1 },
      { providers: [{ limits: { tokensPerMinute: 500 } }, { limits: { requestsPerMinute: 5, tokensPerMinute: 500 } }] },
    );
    provider.next.push((response) => answerJson(response, 503, {}));
    const release = Promise.withResolvers<void>();
    other.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const answered = ask();
    await soon('it is with the other', () => other.received.length === 1);
    const [first, second] = gateway.configuration.resolution.targets.map(({ provider }) => provider);
    expect([gateway.placesTaken(first), gateway.placesTaken(second)]).toEqual([0, 1]);
    expect(gateway.standing(limits.slots[0]!).remaining).toBe(0);
    expect(gateway.standing(gateway.limits.enforced.ofProvider(first!).tokens!).remaining).toBe(500);
    release.resolve();
    expect(await answered).toMatchObject({ status: 200 });
    expect([left(limits.requests[0]!), left(limits.tokens[0]!)]).toEqual([9, 1_000 - USED_TOKENS]);
    expect(gateway.standing(limits.slots[0]!).remaining).toBe(1);
    const ofOther = gateway.limits.enforced.ofProvider(second!);
    expect([ofOther.requests!, ofOther.tokens!].map((each) => gateway.standing(each).remaining)).toEqual([
      4,
      500 - USED_TOKENS,
    ]);
  });
});

describe("a key's concurrency", () => {
  it('has the requests beyond it wait, without money, and serves them as places come free', async () => {
    await start({ concurrency: 1 });
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const first = ask();
    await soon('the first is with the provider', () => provider.received.length === 1);
    const second = ask();
    await soon('the second waits', () => gateway.completions.inFlight === 2);
    expect(gateway.money.reserved).toHaveLength(1);
    release.resolve();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('refuses who waited too long, and goes to no other target for it', async () => {
    await start({ concurrency: 1 }, { queue: { mostWaiting: 5, waitMs: 20 }, providers: [{}, {}] });
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const first = ask();
    await soon('the first is with the provider', () => provider.received.length === 1);
    expect(await ask()).toMatchObject({ status: 429, error: { limit: 'concurrency', scope: 'key' } });
    expect(other.received).toHaveLength(0);
    release.resolve();
    await first;
  });
});

it('what limits nothing tells of no limits', async () => {
  await start(null);
  const { headers } = await ask();
  expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
});

describe('fairness', () => {
  it('is between keys where a provider has few places: one with many requests delays another by few', async () => {
    await start(null, { providers: [{ concurrency: 1 }], queue: { mostWaiting: 100, waitMs: 60_000 } });
    const order: string[] = [];
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const send = async (key: string) => {
      const response = await gateway.post(REQUEST, { headers: { authorization: `Bearer ${key}` } });
      order.push(key);
      return response.text();
    };
    const sent = [send('greedy')];
    await soon('the first is with the provider', () => provider.received.length === 1);
    for (let requests = 0; requests < 10; requests++) sent.push(send('greedy'));
    await soon('they wait', () => gateway.completions.inFlight === 11);
    sent.push(send('modest'));
    await soon('it waits too', () => gateway.completions.inFlight === 12);
    release.resolve();
    await Promise.all(sent);
    expect(order.indexOf('modest')).toBeLessThanOrEqual(2);
  });
});

describe('limits that change', () => {
  it('while requests are under way: these end as they are, and what was used counts on', async () => {
    await start({ requestsPerMinute: 4, concurrency: 1 });
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const first = ask();
    await soon('it is with the provider', () => provider.received.length === 1);
    const raised = requestLimits({ id: 'key-1', limits: { requestsPerMinute: 8, concurrency: 2 } }, []);
    gateway.caller = { limits: raised };
    expect((await ask()).status).toBe(200);
    release.resolve();
    expect((await first).status).toBe(200);
    expect(gateway.standing(raised.slots[0]!).remaining).toBe(2);
    // One of four was used when there came to be eight.
    expect(gateway.standing(raised.requests[0]!).remaining).toBe(5);
  });
});
