import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { readChatRequest } from './chat-request.ts';
import { ScriptedProvider } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, resolutionOf, target } from './testing/test-gateway.ts';

const user = { role: 'user', content: 'Hi' };
const GOOD = { model: 'chat', messages: [user] };

describe('a request that is refused', () => {
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
    expect(provider.received).toHaveLength(0);
    expect(gateway.money.attempts).toHaveLength(0);
    await gateway.stop();
  });
  afterAll(() => provider.stop());

  const errorOf = async (body: unknown, headers = {}) => {
    const response = await gateway.post(body, { headers });
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    return { status: response.status, headers: response.headers, ...error };
  };

  it.each([
    ['body', ''],
    ['body', 'nonsense'],
    ['body', '[]'],
    ['body', '{"model":"chat","messages":[{"role":"user","content":"Hi"}]'],
    ['body', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['body', { ...GOOD, deep: JSON.parse('['.repeat(70) + ']'.repeat(70)) as unknown }],
    ['model', { messages: [user] }],
    ['model', { ...GOOD, model: 5 }],
    ['model', { ...GOOD, model: '' }],
    ['model', '{"model":"chat","mod\\u0065l":"chat","messages":[{"role":"user","content":"Hi"}]}'],
    ['max_tokens', '{"model":"chat","max_tokens":1,"messages":[{"role":"user","content":"Hi"}],"max_tokens":9}'],
    ['messages', { model: 'chat' }],
    ['messages', { ...GOOD, messages: [] }],
    ['messages', { ...GOOD, messages: 'Hi' }],
    ['messages', '{"model":"chat","messages":[{"role":"user","content":[{"type":"image_url"}],"content":"Hi"}]}'],
    ['messages[1]', { ...GOOD, messages: [user, null] }],
    ['messages[0].role', { ...GOOD, messages: [{ content: 'Hi' }] }],
    ['messages[0].content', { ...GOOD, messages: [{ role: 'user', content: 5 }] }],
    ['messages[0].content[0]', { ...GOOD, messages: [{ role: 'user', content: ['Hi'] }] }],
    ['messages[0].content[0].type', { ...GOOD, messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }],
    ['messages[0].content[0].text', { ...GOOD, messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
    ['stream', { ...GOOD, stream: 'yes' }],
    ['stream_options', { ...GOOD, stream: true, stream_options: [] }],
    ['stream_options', '{"model":"chat","messages":[{"role":"user","content":""}],"stream_options":{"a":1,"a":2}}'],
    ['stream_options.include_usage', { ...GOOD, stream: true, stream_options: { include_usage: 1 } }],
    ['n', { ...GOOD, n: 0 }],
    ['n', { ...GOOD, n: 129 }],
    ['n', { ...GOOD, n: 1.5 }],
    ['max_tokens', { ...GOOD, max_tokens: '5' }],
    ['max_tokens', { ...GOOD, max_tokens: 0 }],
    ['max_tokens', { ...GOOD, max_tokens: -1 }],
    ['max_tokens', { ...GOOD, max_tokens: 1e9 }],
    ['max_completion_tokens', { ...GOOD, max_completion_tokens: 2.5 }],
    ['tools', { ...GOOD, tools: {} }],
    ['tools[0]', { ...GOOD, tools: [1] }],
    ['functions', { ...GOOD, functions: 'f' }],
  ])('names %s where it is wrong', async (param, body) => {
    expect(await errorOf(body)).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      code: 'invalid_request',
      param,
    });
  });

  it.each([
    [
      'messages[0].content[1].type',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }, { type: 'image_url' }] }] },
    ],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'file' }] }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'constructor' }] }] }],
    ['messages[0].audio', { messages: [{ role: 'assistant', audio: { id: 'audio-1' } }] }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['audio', { audio: { voice: 'ash' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['prediction', { prediction: { type: 'content', content: 'x' } }],
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['service_tier', { service_tier: 'priority' }],
    ['service_tier', { service_tier: 'flex' }],
    ['web_search_options', { web_search_options: {} }],
    ['models', { models: ['dearer'] }],
    ['plugins', { plugins: [{ id: 'web' }] }],
    ['enable_search', { enable_search: true }],
  ])('names %s where what it can cost is not known', async (param, fields) => {
    const refused = await errorOf({ ...GOOD, ...fields });
    expect(refused).toMatchObject({ status: 400, type: 'invalid_request_error', code: 'unsupported_field', param });
  });

  it('names max_tokens where nothing limits the answer', async () => {
    const unlimited = target(provider.baseUrl, {}, { maxOutputTokens: null });
    gateway.configuration.resolution = resolutionOf(unlimited);
    expect(await errorOf(GOOD)).toMatchObject({ status: 400, code: 'unknown_bound', param: 'max_tokens' });
  });

  it('names max_tokens where a reasoning that it does not limit has no limit', async () => {
    const uncapped = target(provider.baseUrl, {}, { maxOutputTokens: null, reasoningUncapped: true });
    gateway.configuration.resolution = resolutionOf(uncapped);
    const refused = await errorOf({ ...GOOD, max_tokens: 5 });
    expect(refused).toMatchObject({ status: 400, code: 'unknown_bound', param: 'max_tokens' });
  });

  it('names max_tokens where the answer could cost more than any budget holds', async () => {
    const price = { ...target('http://x').model.price, outputNanosPerMillion: 10n ** 18n };
    const dear = target(provider.baseUrl, {}, { price });
    gateway.configuration.resolution = resolutionOf(dear);
    expect(await errorOf({ ...GOOD, max_tokens: 2_000_000 })).toMatchObject({ status: 400, param: 'max_tokens' });
  });

  it('names the model where there is none of the name', async () => {
    expect(await errorOf({ ...GOOD, model: 'no/such' })).toMatchObject({
      ...{ status: 404, code: 'model_not_found', param: 'model', type: 'invalid_request_error' },
    });
  });

  it('can be tried again where no target of the route is in force', async () => {
    gateway.configuration.resolution = resolutionOf();
    expect(await errorOf(GOOD)).toMatchObject({ status: 503, code: 'unavailable' });
  });

  it('says which budget, what is left, and when it begins anew', async () => {
    const details = { budget_id: 'b-1', remaining_usd: '0.000001', resets_at: '2026-02-01T00:00:00.000Z' };
    gateway.money.onReserve = () => {
      throw new DomainError('budget_exceeded', 'Too little is left.', details);
    };
    const refused = await errorOf(GOOD);
    expect(refused).toMatchObject({ status: 402, code: 'budget_exceeded', type: 'insufficient_quota', ...details });
    expect(refused.headers.has('x-purser-attempts')).toBe(false);
  });

  it('for money is so only where no target can be paid', async () => {
    const dear = target(provider.baseUrl, { name: 'dear' });
    const cheap = target(provider.baseUrl, { name: 'cheap' });
    gateway.configuration.resolution = resolutionOf(dear, cheap);
    const asked: string[] = [];
    gateway.money.onReserve = ([budget]) => {
      asked.push(budget!.id);
      throw asked.length === 1 ? exceeded : unreachable;
    };
    // Nobody knows whether the second could have been paid.
    expect((await errorOf(GOOD)).status).toBe(503);
    expect(asked).toEqual(['budget-for-provider-dear', 'budget-for-provider-cheap']);
  });

  it('must be JSON', async () => {
    const refused = await errorOf(JSON.stringify(GOOD), { 'content-type': 'text/plain' });
    expect(refused).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });
});

const exceeded = new DomainError('budget_exceeded', 'Too little is left.');
const unreachable = new DomainError('unavailable', 'The budget service cannot be reached.');

describe('names that differ from one that is read in case alone', () => {
  it.each([
    ['Max_Tokens', { Max_Tokens: 64_000 }],
    ['N', { N: 128 }],
    ['Model', { Model: 'dear' }],
    ['\u017ftream', { '\u017ftream': true }],
    ['Web_Search_Options', { Web_Search_Options: {} }],
    ['messages[0].Content', { messages: [{ role: 'user', content: 'a', Content: [] }] }],
    [
      'messages[0].content[0].Type',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', Type: 'file' }] }] },
    ],
    ['tools[0].TYPE', { tools: [{ type: 'function', function: { name: 'f' }, TYPE: 'web_search' }] }],
    ['stream_options.Include_Usage', { stream: true, stream_options: { Include_Usage: false } }],
  ])('are refused: %s', (field, extra) => {
    const body = Buffer.from(JSON.stringify({ ...GOOD, ...extra }));
    expect(() => readChatRequest(body, 64)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    );
  });

  it.each([
    ['messages[0].__proto__', '{"model":"m","messages":[{"role":"user","content":"a","__proto__":{}}]}'],
    [
      'messages[0].content[0].cache_control',
      '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}}]}]}',
    ],
    ['data_sources', '{"model":"m","messages":[{"role":"user","content":"a"}],"data_sources":[{}]}'],
  ])('and so is what has no bound or no good purpose: %s', (field, body) => {
    expect(() => readChatRequest(Buffer.from(body), 64)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    );
  });
});

describe('what Purser does not read', () => {
  it('passes through', async () => {
    const provider = await ScriptedProvider.start();
    const gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl)));
    const extra = {
      ...{ stop: null, service_tier: 'auto', modalities: ['text'], store: true, metadata: { a: 'b' }, seed: 7 },
      ...{ response_format: { type: 'json_object' }, tools: [{ type: 'function', function: { name: 'f' } }] },
      ...{
        enable_search: false,
        plugins: [],
        made_up: [1, { deep: null }],
        audio: null,
        stream: null,
        max_tokens: null,
        max_completion_tokens: 5,
      },
    };
    expect((await gateway.post({ ...GOOD, ...extra })).status).toBe(200);
    // But for the model's name, and the limit in the words that every compatible provider knows.
    expect(provider.lastBody).toEqual({ ...GOOD, ...extra, model: 'm-1', max_tokens: 5 });
    await gateway.stop();
    await provider.stop();
  });
});
