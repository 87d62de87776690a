import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const ask = (content: string, rest: object = {}, headers: Record<string, string> = {}) =>
  fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content }], ...rest }),
  });
const askJson = async (content: string, rest: object = {}): Promise<any> => (await ask(content, rest)).json(); // eslint-disable-line @typescript-eslint/no-explicit-any
const onlyEntry = () => {
  const { entries } = simulator.ledger();
  expect(entries).toHaveLength(1);
  return entries[0]!;
};

describe('a plain answer', () => {
  it('follows from the seed and the messages', async () => {
    const [first, again, other] = [await askJson('Hello'), await askJson('Hello'), await askJson('Hallo')];
    expect(again.choices).toEqual(first.choices);
    expect(again.usage).toEqual(first.usage);
    expect(again.id).not.toBe(first.id);
    expect(other.choices).not.toEqual(first.choices);
    const elsewhere = await startSimulator({ seed: 8 });
    const response = await fetch(`${elsewhere.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(((await response.json()) as any).choices).not.toEqual(first.choices); // eslint-disable-line @typescript-eslint/no-explicit-any
    await elsewhere.close();
  });

  it('counts a quarter of the bytes of its messages, and each word of its text', async () => {
    const { usage, choices } = await askJson('Grüße [[tokens:37]]');
    const bytes = Buffer.byteLength(JSON.stringify([{ role: 'user', content: 'Grüße [[tokens:37]]' }]));
    expect(usage).toMatchObject({ prompt_tokens: Math.ceil(bytes / 4), completion_tokens: 37 });
    expect(choices[0].message.content.split(' ')).toHaveLength(37);
    expect(choices[0].finish_reason).toBe('stop');
  });

  it.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 6],
    [{ max_tokens: 50 }, 37],
  ])('honours %j', async (caps, expected) => {
    const { usage, choices } = await askJson('[[tokens:37]]', caps);
    expect(usage.completion_tokens).toBe(expected);
    expect(choices[0].finish_reason).toBe(expected === 37 ? 'stop' : 'length');
  });

  it('gives n answers, all of them billed', async () => {
    const { usage, choices } = await askJson('[[tokens:20]]', { n: 3, max_tokens: 10 });
    expect(choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }: { message: { content: string } }) => message.content)).size).toBe(3);
    expect(usage.completion_tokens).toBe(30);
    expect(onlyEntry().completionTokens).toBe(30);
  });

  it('is billed by its tokens, prices and cache, with the ids that came along', async () => {
    const headers = { 'x-request-id': 'r-1', 'x-purser-usage-id': 'u-1' };
    await ask('[[prompt:1000]] [[cached:200]] [[tokens:37]]', {}, headers);
    expect(onlyEntry()).toMatchObject({
      ...{ id: 1, requestId: 'r-1', usageId: 'u-1', model: 'sim-small', stream: false, status: 200 },
      ...{ outcome: 'completed', fault: null, promptTokens: 1000, cachedTokens: 200, completionTokens: 37 },
      costNanos: String(800 * 150 + 200 * 75 + 37 * 600),
    });
  });

  it('can count the most that is reserved for a prompt', async () => {
    simulator.configure({ promptTokens: 'bound' });
    const body = {
      model: 'sim-small',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'user', content: 'you' },
      ],
    };
    const text = JSON.stringify(body);
    const response = await fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body: text });
    expect(await response.json()).toMatchObject({ usage: { prompt_tokens: text.length + 32 } });
  });

  it('never counts more tokens than the body could hold', async () => {
    const body = `{"model":"sim-small","messages":[{"role":"user","content":"x","n":[${'1e20,'.repeat(2_000)}1]}]}`;
    const response = await fetch(`${simulator.url}/v1/chat/completions`, { method: 'POST', body });
    const { usage } = (await response.json()) as { usage: { prompt_tokens: number } };
    expect(usage.prompt_tokens).toBe(body.length + 16);
  });

  it('takes markers from the text parts of the last user message only', async () => {
    const parts = [
      { type: 'image_url', image_url: {} },
      { type: 'text', text: '[[tokens:3]]' },
    ];
    const messages = [
      { role: 'user', content: '[[tokens:5]]' },
      { role: 'user', content: parts },
      { role: 'assistant', content: '[[fault:500]]' },
    ];
    expect((await askJson('', { messages })).usage.completion_tokens).toBe(3);
  });
});

describe('a refusal', () => {
  it.each([
    [400, 'model', { model: undefined }],
    [404, 'model', { model: 'sim-huge' }],
    [400, 'messages', { messages: [] }],
    [400, 'messages', { messages: ['x'] }],
    [400, 'max_tokens', { max_tokens: 0 }],
    [400, 'max_tokens', { max_tokens: 16_385 }],
    [400, 'n', { n: 129 }],
    [400, 'messages', { messages: [{ role: 'user', content: '[[prompt:128001]]' }] }],
  ])('has status %d and names %s', async (status, param, rest) => {
    const response = await ask('x', rest);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { param, message: expect.any(String) } });
    expect(onlyEntry()).toMatchObject({ status, outcome: 'error', costNanos: '0' });
  });

  it('meets what is no JSON, an unknown path, and a header that names no fault', async () => {
    const post = { method: 'POST', body: '{' };
    expect((await fetch(`${simulator.url}/v1/chat/completions`, post)).status).toBe(400);
    expect((await fetch(`${simulator.url}/v1/nothing`, post)).status).toBe(404);
    expect((await fetch(`${simulator.url}/simulator/nothing`, post)).status).toBe(404);
    expect((await ask('x', {}, { 'x-simulator-fault': 'nonsense' })).status).toBe(400);
  });

  it('meets a wrong key, when there is a right one', async () => {
    simulator.configure({ apiKey: 'right' });
    expect((await ask('x')).status).toBe(401);
    expect((await ask('x', {}, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await fetch(`${simulator.url}/v1/models`)).status).toBe(401);
    expect((await ask('x', {}, { authorization: 'Bearer right' })).status).toBe(200);
  });
});

describe("the simulator's own API", () => {
  const send = (method: string, path: string, body?: unknown) =>
    fetch(`${simulator.url}/simulator/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });

  it('shows and clears the ledger', async () => {
    await ask('[[tokens:5]]');
    await ask('[[fault:500]]');
    const view = await (await send('GET', 'ledger')).json();
    expect(view).toEqual(simulator.ledger());
    expect(view).toMatchObject({ totals: { requests: 2, completionTokens: 5, byOutcome: { completed: 1, error: 1 } } });
    expect(await (await send('GET', 'ledger?limit=1')).json()).toMatchObject({ entries: [{ fault: '500' }] });
    expect((await send('GET', 'ledger?limit=x')).status).toBe(400);
    await send('DELETE', 'ledger');
    expect(simulator.ledger()).toMatchObject({ entries: [], totals: { requests: 0, costNanos: '0' } });
  });

  it('changes settings, or refuses all of them', async () => {
    const models = [{ id: 'mine', inputUsdPerMillion: '0', outputUsdPerMillion: '1' }];
    expect(await (await send('POST', 'config', { models, minTokens: 2, maxTokens: 2 })).json()).toMatchObject({
      models,
    });
    await ask('x', { model: 'mine' });
    expect(onlyEntry()).toMatchObject({ model: 'mine', costNanos: '2000' });
    const refused = await send('POST', 'config', { firstByteMs: 5, faults: 'all' });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('faults must be') } });
    expect(await (await send('GET', 'config')).json()).toMatchObject({ firstByteMs: 0, minTokens: 2 });
    await send('POST', 'reset');
    expect((await ask('x', { model: 'mine' })).status).toBe(404);
  });
});
