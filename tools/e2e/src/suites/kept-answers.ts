import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type OpenAI from 'openai';
import type { UsageRow } from '@purser/contracts';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { sum, toNanos } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

/** How long a request that others are to join stays at the provider. */
const LONG = '[[latency:1500]]';
const ROWS_MS = 10_000;

/** The answer cache of chat completions, from the route that asks for it to the usage row. */
export function keptAnswers(stack: () => Stack): void {
  let tenant: Tenant;
  let route: { readonly id: string; readonly name: string };
  const say = (content: string) => ({
    ...{ model: route.name, messages: [{ role: 'user' as const, content }], max_tokens: 40 },
  });

  const start = async (limitUsd = '1.00') => {
    tenant = await Tenant.create(stack(), { limitUsd });
    const targets = [{ modelId: tenant.modelIds['sim-small'] }];
    const name = `kept-${tenant.provider}`;
    const cache = { ttlSeconds: 300 };
    route = await tenant.admin.create('routes', { name, strategy: 'priority', targets, cache });
  };

  /** What one official client gets of one request. */
  const ask = async (
    request: OpenAI.ChatCompletionCreateParamsNonStreaming,
    { client = tenant.client({ maxRetries: 0 }), ...options }: OpenAI.RequestOptions & { client?: OpenAI } = {},
  ) => {
    const { data, response } = await client.chat.completions.create(request, options).withResponse();
    const { headers } = response;
    return { data, headers, cache: headers.get('x-cache'), requestId: headers.get('x-request-id')! };
  };

  const providerCalls = () => tenant.simulator.ledger().totals.requests;
  const atProvider = () =>
    waitUntil(() => tenant.simulator.ledger().totals.inFlight === 1, {
      ...{ timeoutMs: 10_000, everyMs: 2, what: 'a request is at the provider' },
    });

  const rows = (count: number): Promise<UsageRow[]> =>
    waitUntil(
      async () => {
        const found = await tenant.usage();
        if (found.length === count) return found;
        throw new Error(`there are ${found.length} rows of ${count}`);
      },
      { timeoutMs: ROWS_MS, everyMs: 50, what: 'the usage rows are there' },
    );

  describe('a kept answer', () => {
    beforeEach(() => start());
    afterEach(() => tenant?.close());

    it('is given again to the official client for nothing, and is a usage row', async () => {
      const first = await ask(say('Keep this'));
      const second = await ask(say('Keep this'));
      expect(second.data).toEqual(first.data);
      expect([first.cache, second.cache]).toEqual(['MISS', 'HIT']);
      expect(Object.fromEntries(second.headers)).toMatchObject({
        ...{ 'x-purser-cost-usd': '0', 'x-purser-attempts': '0', 'x-purser-provider': tenant.provider },
        ...{ 'x-purser-model': 'sim-small', 'x-cache-key': first.headers.get('x-cache-key'), 'x-cache-hit': 'true' },
      });
      expect(Number(second.headers.get('age'))).toBeGreaterThanOrEqual(0);
      const [hit, miss] = await rows(2);
      expect(miss).toMatchObject({ requestId: first.requestId, cache: 'MISS' });
      expect(toNanos(miss!.costUsd)).toBe(tenant.billed());
      expect(hit).toMatchObject({
        ...{ requestId: second.requestId, cache: 'HIT', costUsd: '0', inputTokens: 0, outputTokens: 0, status: 200 },
        ...{ provider: tenant.provider, model: 'sim-small', route: route.name, reason: 'ok', estimated: false },
        ...{ accountId: tenant.accountId, keyId: tenant.keyId, priceVersion: miss!.priceVersion, firstByteMs: null },
      });
      const exported = await tenant.admin.get(`/api/v1/reports/export?format=ndjson&requestId=${second.requestId}`);
      expect(JSON.parse(exported.text)).toEqual(hit);
      const { totals } = await tenant.admin.read(`reports/usage?accountId=${tenant.accountId}`);
      expect(totals).toMatchObject({ requests: 2, errors: 0, costUsd: miss!.costUsd });
      expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
    });

    it('is a stream where one was asked for', async () => {
      const request = { ...say('Stream this [[tokens:20]]'), stream: true as const };
      const read = async () => {
        const { data: stream, response } = await tenant
          .client()
          .chat.completions.create({ ...request, stream_options: { include_usage: true } })
          .withResponse();
        const chunks: OpenAI.ChatCompletionChunk[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        return { cache: response.headers.get('x-cache'), chunks };
      };
      const [first, second] = [await read(), await read()];
      expect([first.cache, second.cache]).toEqual(['MISS', 'HIT']);
      expect(second.chunks).toEqual(first.chunks);
      expect(second.chunks.length).toBeGreaterThan(10);
      expect(second.chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 20 });
      const whole = await new Api(stack().gateways[0]!, tenant.key).post('/v1/chat/completions', {
        ...{ ...request, stream_options: { include_usage: true } },
      });
      expect(whole.text).toMatch(/\n: x-purser-cost-usd 0\n+data: \[DONE\]\n\n$/);
      expect(providerCalls()).toBe(1);
    });

    it('is as its header says, whatever the route says', async () => {
      const direct = { ...say('By header'), model: tenant.model() };
      const asked = (value: string) => ({ headers: { 'x-purser-cache': value } });
      expect((await ask(direct)).cache).toBeNull();
      expect((await ask(direct, asked('on'))).cache).toBe('MISS');
      expect((await ask(direct, asked('on'))).cache).toBe('HIT');
      expect((await ask(say('By header'))).cache).toBe('MISS');
      expect((await ask(say('By header'), asked('off'))).cache).toBe('BYPASS');
      const refused = await ask(direct, asked('maybe')).catch((error: unknown) => error);
      expect(refused).toMatchObject({ status: 400, param: 'x-purser-cache' });
      expect((await rows(5)).map(({ cache }) => cache)).toEqual(['BYPASS', 'MISS', 'HIT', 'MISS', 'BYPASS']);
    });

    it('is for its own account alone', async () => {
      await ask(say('Mine'));
      const { id: accountId } = await tenant.admin.create('accounts', { name: 'other' });
      const { key } = await tenant.admin.create('keys', { accountId, name: 'other' });
      expect((await ask(say('Mine'), { client: tenant.client({ key }) })).cache).toBe('MISS');
      const { key: second } = await tenant.admin.create('keys', { accountId: tenant.accountId, name: 'second' });
      expect((await ask(say('Mine'), { client: tenant.client({ key: second }) })).cache).toBe('HIT');
    });

    it('is gone with any change of its route, model or provider', async () => {
      const { modelIds, providerId, admin } = tenant;
      await ask(say('Change'));
      for (const [path, changes] of [
        [`routes/${route.id}`, { cache: { ttlSeconds: 60 } }],
        [`models/${modelIds['sim-small']}`, { outputUsdPerMillion: '0.70' }],
        [`providers/${providerId}`, { concurrency: 7 }],
      ] as const) {
        expect((await ask(say('Change'))).cache).toBe('HIT');
        expect((await admin.patch(`/api/v1/${path}`, changes)).status).toBe(200);
        expect((await ask(say('Change'))).cache).toBe('MISS');
      }
      for (const disabled of [true, false]) {
        await admin.patch(`/api/v1/providers/${providerId}`, { disabled });
        const outcome = await ask(say('Change')).catch((error: { status: number }) => error.status);
        expect(disabled ? outcome : (outcome as { cache: string }).cache).toBe(disabled ? 503 : 'MISS');
      }
    });
  });

  describe('with nothing left to spend', () => {
    beforeAll(() => start('0.000001'));
    afterAll(() => tenant?.close());

    it('what is kept is still given, and nothing else', async () => {
      const outcome = (content: string) => ask(say(content)).catch((error: { status: number }) => error.status);
      expect(await outcome('Too dear')).toBe(402);
      const { status } = await tenant.admin.patch(`/api/v1/budgets/${tenant.budgetId}`, { limitUsd: '1.00' });
      expect(status).toBe(200);
      expect(await outcome('Affordable')).toMatchObject({ cache: 'MISS' });
      const { settledUsd } = await tenant.settledWindow();
      await tenant.admin.patch(`/api/v1/budgets/${tenant.budgetId}`, { limitUsd: settledUsd });
      expect(await outcome('Affordable')).toMatchObject({ cache: 'HIT' });
      expect(await outcome('Another')).toBe(402);
      expect(await tenant.settledWindow()).toMatchObject({ settledUsd, remainingUsd: '0' });
      expect((await rows(2)).map(({ cache }) => cache)).toEqual(['HIT', 'MISS']);
    });
  });

  describe('the same request at once', () => {
    beforeEach(() => start());
    afterEach(() => tenant?.close());

    it.each([false, true])('fifty times asks the provider once (streamed: %s)', async (stream) => {
      const request = { ...say(`Together ${LONG}`), stream };
      const api = new Api(stack().gateways[0]!, tenant.key);
      const answers = await Promise.all(Array.from({ length: 50 }, () => api.post('/v1/chat/completions', request)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const hits = answers.filter(({ headers }) => headers.get('x-cache') === 'HIT');
      expect(hits).toHaveLength(49);
      expect(new Set(answers.map(({ text }) => text.replace(/usd \S+/, 'usd'))).size).toBe(1);
      expect(providerCalls()).toBe(1);
      const usage = await rows(50);
      expect(usage.filter(({ cache, costUsd }) => cache === 'HIT' && costUsd === '0')).toHaveLength(49);
      expect(sum(usage.map(({ costUsd }) => toNanos(costUsd)))).toBe(tenant.billed());
      expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
      const ledger = await tenant.admin.readLog('ledger', { budgetId: tenant.budgetId, kind: 'settle' });
      expect(sum(ledger.map(({ settledUsd }) => toNanos(settledUsd)))).toBe(tenant.billed());
    });

    it('is answered though the client of the first one leaves', async () => {
      const leaving = new AbortController();
      const first = ask(say(`Leave ${LONG}`), { signal: leaving.signal }).catch((error: unknown) => error);
      await atProvider();
      const others = [ask(say(`Leave ${LONG}`)), ask(say(`Leave ${LONG}`))];
      leaving.abort();
      await first;
      expect((await Promise.all(others)).map(({ cache }) => cache)).toEqual(['HIT', 'HIT']);
      expect(providerCalls()).toBe(1);
      const usage = await rows(3);
      expect(usage.map(({ cache, reason }) => `${cache} ${reason}`).sort()).toEqual([
        ...['HIT ok', 'HIT ok', 'MISS client-gone'],
      ]);
      expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
    });

    it('goes on by itself where the first one fails', async () => {
      // It is asked once more before the first one has failed.
      tenant.simulator.configure({ faults: [{ fault: '500', first: 2 }], firstByteMs: 500 });
      const first = ask(say('Fail once')).catch((error: { status: number }) => error.status);
      await atProvider();
      const others = Array.from({ length: 5 }, () => ask(say('Fail once')));
      expect(await first).toBe(502);
      const caches = (await Promise.all(others)).map(({ cache }) => cache).sort();
      expect(caches).toEqual(['HIT', 'HIT', 'HIT', 'HIT', 'MISS']);
      expect(providerCalls()).toBe(3);
      expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
    });
  });
}
