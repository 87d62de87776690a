import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { toNanos } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

/** A usage row is there so long after its answer at most: the product's promise. */
const VISIBLE_MS = 2_000;

const say = (content: string) => [{ role: 'user' as const, content }];

/** What the official `openai` client gets, pointed at Purser and otherwise unchanged. */
export function chatCompletions(stack: () => Stack): void {
  describe('the official openai client', () => {
    let tenant: Tenant;
    let client: OpenAI;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '1.00' });
      client = tenant.client();
    });
    afterAll(() => tenant?.close());

    it('completes a chat, with the cost and the rest of the budget in headers', async () => {
      const { data, response } = await client.chat.completions
        .create({ model: tenant.model(), messages: say('Hello [[tokens:12]]'), max_tokens: 50 })
        .withResponse();
      expect(data.choices[0]!.message.content!.split(' ')).toHaveLength(12);
      expect(data.usage).toMatchObject({ completion_tokens: 12 });
      const entry = tenant.simulator.ledger().entries.at(-1)!;
      expect(toNanos(response.headers.get('x-purser-cost-usd')!)).toBe(BigInt(entry.costNanos));
      expect(response.headers.get('x-purser-provider')).toBe(tenant.provider);
      expect(response.headers.get('x-purser-model')).toBe('sim-small');
      expect(response.headers.get('x-purser-attempts')).toBe('1');
      expect(response.headers.get('x-request-id')).toBe(entry.requestId ?? response.headers.get('x-request-id'));
      expect(toNanos(response.headers.get('x-purser-budget-remaining-usd')!)).toBeLessThan(toNanos('1'));
    });

    it('streams a chat: the same text, in pieces, and the usage only where it was asked for', async () => {
      const request = { model: tenant.model(), messages: say('Stream [[tokens:20]]'), max_tokens: 50 };
      const plain = await client.chat.completions.create(request);
      for (const asked of [true, false]) {
        const stream = await client.chat.completions.create({
          ...{ ...request, stream: true as const },
          ...(asked ? { stream_options: { include_usage: true } } : {}),
        });
        let text = '';
        let pieces = 0;
        const usages: unknown[] = [];
        for await (const chunk of stream) {
          text += chunk.choices[0]?.delta.content ?? '';
          pieces++;
          if (chunk.usage) usages.push(chunk.usage);
        }
        expect(text).toBe(plain.choices[0]!.message.content);
        expect(pieces).toBeGreaterThan(10);
        expect(usages).toEqual(asked ? [plain.usage] : []);
      }
    });

    it('says what a stream cost just before its end', async () => {
      const response = await fetch(`${stack().gateways[0]}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: tenant.model(), messages: say('Cost'), stream: true, max_tokens: 40 }),
      });
      const text = await response.text();
      const { costNanos } = tenant.simulator.ledger().entries.at(-1)!;
      const cost = /\n: x-purser-cost-usd (\S+)\n+data: \[DONE\]\n\n$/.exec(text)?.[1];
      expect(toNanos(cost ?? 'no comment')).toBe(BigInt(costNanos));
    });

    it('passes fields on that Purser does not know', async () => {
      const { choices } = await client.chat.completions.create({
        ...{ model: tenant.model(), messages: say('Two [[tokens:3]]'), max_tokens: 10, n: 2 },
        ...{ temperature: 0.5, some_future_field: { a: [1] } },
      } as OpenAI.ChatCompletionCreateParamsNonStreaming);
      expect(choices).toHaveLength(2);
    });

    it('lists the models that can be called, and reads one', async () => {
      const ids: string[] = [];
      for await (const model of client.models.list()) ids.push(model.id);
      expect(ids).toEqual(expect.arrayContaining([tenant.model(), tenant.model('sim-large')]));
      expect(await client.models.retrieve(tenant.model())).toMatchObject({
        ...{ id: tenant.model(), object: 'model', owned_by: tenant.provider },
      });
    });

    it('has the usage row within 2 s, with what the provider bills', async () => {
      const requestId = `e2e-usage-${tenant.provider}`;
      await client.chat.completions.create(
        { model: tenant.model('sim-large'), messages: say('Visible?'), max_tokens: 60 },
        { headers: { 'x-request-id': requestId } },
      );
      const entry = tenant.simulator.ledger().entries.at(-1)!;
      const [row] = await waitUntil(
        async () => {
          const rows = await tenant.usage({ requestId });
          return rows.length > 0 && rows;
        },
        { timeoutMs: VISIBLE_MS, what: 'the usage row is visible' },
      );
      expect(row).toMatchObject({
        ...{ requestId, accountId: tenant.accountId, keyId: tenant.keyId, provider: tenant.provider },
        ...{ model: 'sim-large', route: tenant.model('sim-large'), status: 200, attempt: 1 },
        ...{ inputTokens: entry.promptTokens, outputTokens: entry.completionTokens },
        ...{ cachedInputTokens: entry.cachedTokens, estimated: false, overrun: false },
      });
      expect(toNanos(row!.costUsd)).toBe(BigInt(entry.costNanos));
    });
  });

  describe('typed errors of the openai client', () => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '0.000000001' });
    });
    afterAll(() => tenant?.close());

    const complete = (changes: object = {}, options: Parameters<Tenant['client']>[0] = {}): Promise<unknown> =>
      tenant.client(options).chat.completions.create({
        ...{ model: tenant.model(), messages: say('Hi'), max_tokens: 16, ...changes },
      });

    it('AuthenticationError for a wrong key', async () => {
      const error = await complete({}, { key: 'sk-nobody-has-this-key' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    });

    it('NotFoundError for an unknown model', async () => {
      const error = await complete({ model: `${tenant.provider}/gpt-99` }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.NotFoundError);
      expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    });

    it('BadRequestError for a bad body, naming the field', async () => {
      const error = await complete({ messages: 'hi' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.BadRequestError);
      expect(error).toMatchObject({ status: 400, param: 'messages' });
    });

    it('APIError 402 for an exhausted budget, with what is left, and without a retry', async () => {
      let calls = 0;
      const counting: typeof fetch = (...request) => {
        calls++;
        return fetch(...request);
      };
      const client = new OpenAI({ apiKey: tenant.key, baseURL: `${stack().gateways[0]}/v1`, fetch: counting });
      const error = await client.chat.completions
        .create({ model: tenant.model(), messages: say('Hi'), max_tokens: 16 })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({
        ...{ status: 402, code: 'budget_exceeded' },
        error: { budget_id: tenant.budgetId, remaining_usd: '0.000000001', resets_at: null },
      });
      expect(calls).toBe(1);
      expect(tenant.simulator.ledger().totals.requests).toBe(0);
    });
  });
}
