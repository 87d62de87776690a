import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { requestLimits } from '../limits/request-limits.ts';
import { COMPLETION, ScriptedProvider, answerJson, beginStream } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5_000 };
const LIMIT = 1_000_000;
const sizeOf = (body: object) => Math.ceil(JSON.stringify(body).length / 4);
const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

let provider: ScriptedProvider;
let gateway: TestGateway;
beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
  provider.received.length = 0;
});
afterAll(() => provider.stop());

/** Starts a gateway whose key may use so many tokens a minute. @returns how many were used */
async function start(tokensPerMinute: number, cancelledStreams: 'drain' | 'abort' = 'abort'): Promise<() => number> {
  gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl, { cancelledStreams })));
  const limits = requestLimits({ id: 'key-1', limits: { tokensPerMinute } }, []);
  gateway.caller = { limits };
  return () => tokensPerMinute - gateway.standing(limits.tokens[0]!).remaining;
}

const text = async (body: unknown) => (await gateway.post(body)).text();

describe('the tokens of an answer that was cut', () => {
  const STREAMED = { ...REQUEST, stream: true };

  it('are at least those that came, where the client left', async () => {
    const used = await start(LIMIT);
    provider.next.push((response) => void beginStream(response).write(delta(' x').repeat(700)));
    const leave = new AbortController();
    const answer = await gateway.post(STREAMED, { signal: leave.signal });
    const reader = answer.body!.getReader();
    for (let bytes = 0; bytes < delta(' x').length * 700;) bytes += (await reader.read()).value!.length;
    leave.abort();
    await waitUntil(() => gateway.completions.inFlight === 0, { timeoutMs: 10_000, everyMs: 2, what: 'it is over' });
    expect(used()).toBe(sizeOf(STREAMED) + 700);
  });

  it('are at least those that came, where the provider broke it off', async () => {
    const used = await start(LIMIT);
    provider.next.push((response) => void beginStream(response).end(delta('x'.repeat(4_000))));
    await text(STREAMED);
    expect(used()).toBe(sizeOf(STREAMED) + 1_000);
  });

  it('are those of the estimate, where less came', async () => {
    const used = await start(LIMIT);
    provider.next.push((response) => void beginStream(response).end(delta('x')));
    await text(STREAMED);
    expect(used()).toBe(sizeOf(STREAMED) + 256);
  });

  it('teach what to expect where they were more', async () => {
    const used = await start(LIMIT);
    provider.next.push((response) => void beginStream(response).end(delta('x'.repeat(4_000))));
    await text(STREAMED);
    const before = used();
    provider.next.push((response) => void beginStream(response).end(delta('x')));
    await text(STREAMED);
    expect(used() - before).toBe(sizeOf(STREAMED) + 1_000);
  });

  it('are no more than the limit on it', async () => {
    const used = await start(LIMIT);
    const limited = { ...STREAMED, max_tokens: 300 };
    provider.next.push((response) => void beginStream(response).end(delta('x'.repeat(100_000))));
    await text(limited);
    expect(used()).toBe(sizeOf(limited) + 300);
  });

  it('are those that came, where a whole answer says nothing of its usage', async () => {
    const used = await start(LIMIT);
    const message = { role: 'assistant', content: 'x'.repeat(4_000) };
    provider.next.push((response) => answerJson(response, 200, { choices: [{ index: 0, message }] }));
    await text(REQUEST);
    expect(used()).toBe(sizeOf(REQUEST) + 1_000);
  });
});

describe('a usage that cannot be', () => {
  const nonsense = (usage: object) =>
    provider.next.push((response) => answerJson(response, 200, { ...COMPLETION, usage }));

  it('counts as the bytes of the prompt and the limit on the answer', async () => {
    const used = await start(LIMIT);
    nonsense({ prompt_tokens: 1e12, completion_tokens: 1e12 });
    await text(REQUEST);
    const most = provider.received[0]!.body.length + 16 + REQUEST.max_tokens;
    expect(used()).toBe(most);
  });

  it('does not spoil the estimates of what follows', async () => {
    const used = await start(LIMIT);
    nonsense({ prompt_tokens: 1e12, completion_tokens: 1e12 });
    await text(REQUEST);
    const before = used();
    provider.next.push((response) => void response.destroy());
    await text(REQUEST);
    expect(used() - before).toBe(sizeOf(REQUEST) + REQUEST.max_tokens);
    expect(gateway.money.reserved).toHaveLength(2);
  });

  it('is paid for as it was reported', async () => {
    await start(LIMIT);
    nonsense({ prompt_tokens: 1_000_000, completion_tokens: 0 });
    const answer = await gateway.post(REQUEST);
    expect(answer.headers.get('x-purser-cost-usd')).toBe('0.15');
  });
});

describe('a prompt', () => {
  const asking = (content: string) => ({ ...REQUEST, max_tokens: 20, messages: [{ role: 'user', content }] });
  const CYRILLIC = 'Привет, как дела? '.repeat(200);

  it('counts the same with its characters escaped', async () => {
    const used = await start(LIMIT);
    const plain = JSON.stringify(asking(CYRILLIC));
    const escaped = plain.replace(/[^\x20-\x7e]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
    for (const body of [plain, escaped]) {
      const before = used();
      provider.next.push((response) => void response.destroy());
      await text(body);
      expect(used() - before).toBe(Math.ceil(Buffer.byteLength(plain) / 4) + 20);
    }
  });

  it('that is likely to be too long takes all there is, and is let through', async () => {
    const used = await start(500);
    expect((await gateway.post(asking(CYRILLIC))).status).toBe(200);
    expect(used()).toBe(COMPLETION.usage.prompt_tokens + COMPLETION.usage.completion_tokens);
  });

  it.each([
    ['a string', 'x'.repeat(128 * 501)],
    [
      'parts',
      [
        { type: 'text', text: 'x'.repeat(128 * 250) },
        { type: 'text', text: 'x'.repeat(128 * 251) },
      ],
    ],
  ])('that is surely too long never fits: %s', async (_, content) => {
    await start(500);
    const refused = await gateway.post({ ...REQUEST, messages: [{ role: 'user', content }] });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, null]);
    expect(((await refused.json()) as { error: { message: string } }).error.message).toContain('longer than ever fits');
  });

  it.each([
    ['white space', ' '.repeat(128 * 501)],
    ['what Unicode shortens', '\u1112\u1161\u11ab'.repeat(128 * 60)],
  ])('of %s may fit', async (_, content) => {
    await start(500);
    expect((await gateway.post({ ...REQUEST, messages: [{ role: 'user', content }] })).status).toBe(200);
  });
});
