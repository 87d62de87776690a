import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 7 });
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const ask = (content: string, rest: object = {}, init: RequestInit = {}) =>
  fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'sim-small', messages: [{ role: 'user', content }], ...rest }),
    ...init,
  });

/** The text that came in, and whether its end did. */
async function readAll(response: Response): Promise<{ text: string; whole: boolean }> {
  let text = '';
  try {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

const tokensIn = (text: string) => text.match(/"delta":\{"content":"[^"]/g)?.length ?? 0;
const lastEntry = () => simulator.ledger().entries.at(-1)!;

/** Resolves once the simulator has noticed that its client is gone. */
async function settled(requests: number): Promise<void> {
  while (simulator.ledger().totals.requests < requests) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each([
  ['plain', {}],
  ['streamed', { stream: true, stream_options: { include_usage: true } }],
])('faults, %s', (_, rest) => {
  const streamed = 'stream' in rest;

  it.each(['400', '404', '429', '500', '503'])('%s answers with that status and costs nothing', async (fault) => {
    const response = await ask(`[[fault:${fault}]]`, rest);
    expect(response.status).toBe(Number(fault));
    expect(response.headers.get('retry-after')).toBe(fault === '429' ? '1' : null);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
    expect(lastEntry()).toMatchObject({
      outcome: 'error',
      status: Number(fault),
      fault,
      costNanos: '0',
      stream: streamed,
    });
  });

  it.each(['drop-before-byte', 'hang'])('%s gives no byte, and bills the prompt', async (fault) => {
    simulator.configure({ hangMs: 20 });
    await expect(ask(`[[fault:${fault}]]`, rest)).rejects.toThrow();
    expect(lastEntry()).toMatchObject({ outcome: 'dropped', status: null, fault, completionTokens: 0 });
    expect(lastEntry().promptTokens).toBeGreaterThan(5);
    expect(BigInt(lastEntry().costNanos)).toBe(BigInt(lastEntry().promptTokens) * 150n);
  });

  it.each(['drop-mid-stream', 'hang-mid-stream'])('%s ends amid the answer', async (fault) => {
    simulator.configure({ hangMs: 20 });
    const { text, whole } = await readAll(await ask(`[[fault:${fault}]] [[tokens:20]] [[after:7]]`, rest));
    expect(whole).toBe(false);
    expect(text.length).toBeGreaterThan(50);
    expect(text).not.toContain('[DONE]');
    if (streamed) expect(tokensIn(text)).toBe(7);
    expect(lastEntry()).toMatchObject({ outcome: 'dropped', status: 200, completionTokens: streamed ? 7 : 20 });
  });

  it('malformed-sse breaks the JSON inside whole framing', async () => {
    const { text, whole } = await readAll(await ask('[[fault:malformed-sse]] [[tokens:20]]', rest));
    expect(whole).toBe(true);
    const last = streamed
      ? text
          .trimEnd()
          .split('\n\n')
          .at(-1)!
          .replace(/^data: /, '')
      : text;
    expect(() => JSON.parse(last)).toThrow(SyntaxError);
    if (streamed) expect(tokensIn(text)).toBe(10);
    expect(lastEntry()).toMatchObject({ outcome: 'completed', completionTokens: streamed ? 10 : 20 });
  });

  it('missing-usage leaves it out of the answer but not of the bill', async () => {
    const { text } = await readAll(await ask('[[fault:missing-usage]] [[tokens:20]]', rest));
    expect(text).not.toContain('completion_tokens');
    if (streamed) expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(lastEntry()).toMatchObject({ outcome: 'completed', completionTokens: 20 });
  });

  it('usage-above-bound reports and bills more than the request allowed', async () => {
    const body = { max_tokens: 10, ...rest };
    const { text } = await readAll(await ask('[[fault:usage-above-bound]]', body));
    const { promptTokens, completionTokens } = lastEntry();
    expect(completionTokens).toBe(20);
    expect(promptTokens).toBeGreaterThan(JSON.stringify(body).length + 16);
    expect(text).toContain(`"prompt_tokens":${promptTokens},"completion_tokens":20`);
  });

  it('error-body fails inside a 200, and costs nothing', async () => {
    const response = await ask('[[fault:error-body]]', rest);
    expect(response.status).toBe(200);
    expect((await response.text()).replace(/^data: /, '')).toMatch(/^\{"error":\{"message":/);
    expect(lastEntry()).toMatchObject({ outcome: 'error', status: 200, costNanos: '0' });
  });

  it('a client that goes away is billed for what was generated', async () => {
    const controller = new AbortController();
    const content = '[[tokens:1000]] [[per-token:20]]';
    const asked = ask(content, rest, { signal: controller.signal });
    if (streamed) {
      const reader = (await asked).body!.getReader();
      let text = '';
      while (tokensIn(text) < 2) text += new TextDecoder().decode((await reader.read()).value);
      controller.abort();
    } else {
      while (simulator.ledger().totals.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      await expect(asked).rejects.toThrow('aborted');
    }
    await settled(1);
    expect(lastEntry()).toMatchObject({ outcome: 'aborted', promptTokens: Math.ceil((content.length + 30) / 4) });
    expect(lastEntry().completionTokens).toBeGreaterThanOrEqual(streamed ? 2 : 0);
    expect(lastEntry().completionTokens).toBeLessThan(1000);
    expect(simulator.ledger().totals.inFlight).toBe(0);
  });
});

describe('where a fault comes from', () => {
  it('is the header, the last message, the model, then the schedule', async () => {
    simulator.configure({ faults: [{ fault: '501' }] });
    const header = { headers: { 'x-simulator-fault': '504' } };
    expect((await ask('[[fault:503]]', { model: 'sim-small+502' }, header)).status).toBe(504);
    expect((await ask('[[fault:503]]', { model: 'sim-small+502' })).status).toBe(503);
    expect((await ask('x', { model: 'sim-small+502' })).status).toBe(502);
    expect((await ask('x')).status).toBe(501);
  });

  it('is a schedule that begins anew when it is set', async () => {
    const statuses = async () => [(await ask('x')).status, (await ask('x')).status, (await ask('x')).status];
    simulator.configure({ faults: [{ fault: '429', first: 2 }], retryAfterSeconds: 7 });
    expect(await statuses()).toEqual([429, 429, 200]);
    simulator.configure({ faults: [{ fault: '429', first: 2 }] });
    expect(await statuses()).toEqual([429, 429, 200]);
  });

  it('is not what is no fault', async () => {
    expect((await ask('[[fault:nonsense]] [[tokens:x]]', { model: 'sim-small' })).status).toBe(200);
    expect((await ask('x', { model: 'sim-small+nonsense' })).status).toBe(404);
  });
});

describe('latency', () => {
  const hourMs = 3_600_000;

  it('comes before the first byte', async () => {
    simulator.configure({ firstByteMs: hourMs });
    const controller = new AbortController();
    const asked = ask('x', {}, { signal: controller.signal });
    while (simulator.ledger().totals.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const fast = await ask('[[latency:0]]');
    expect(fast.status).toBe(200);
    controller.abort();
    await expect(asked).rejects.toThrow('aborted');
    await settled(2);
    expect(lastEntry()).toMatchObject({ outcome: 'aborted', status: null, completionTokens: 0 });
  });

  it.each([
    ['perTokenMs', 'x'],
    ['slowTokenMs', '[[fault:slow-tokens]]'],
  ])('of %s comes before each token', async (setting, content) => {
    simulator.configure({ [setting]: hourMs });
    const controller = new AbortController();
    const response = await ask(content, { stream: true }, { signal: controller.signal });
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toMatch(/^data: [^\n]*"role":"assistant"[^\n]*\n\n$/);
    controller.abort();
    await settled(1);
    expect(lastEntry()).toMatchObject({ outcome: 'aborted', status: 200, completionTokens: 0 });
  });
});
