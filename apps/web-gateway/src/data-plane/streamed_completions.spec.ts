import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  COMPLETION,
  EVENTS,
  ScriptedProvider,
  answerJson,
  beginStream,
  streaming,
} from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], stream: true };
const COST = ': x-purser-cost-usd 0.000024\n\n';

describe('a streamed chat completion', () => {
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
  });
  afterAll(() => provider.stop());

  it('passes the events on, hides the usage that the client did not ask for, and says the cost before [DONE]', async () => {
    provider.next.push(streaming(EVENTS.first, ': ping\n\n', EVENTS.second, EVENTS.usage, EVENTS.done));
    const response = await gateway.post(REQUEST);
    expect(await response.text()).toBe(`${EVENTS.first}: ping\n\n${EVENTS.second}${COST}${EVENTS.done}`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-purser-provider': 'acme',
      'x-purser-model': 'm-1',
      'x-purser-budget-remaining-usd': '5',
      'x-purser-attempts': '1',
    });
    expect(response.headers.has('x-purser-cost-usd')).toBe(false);
    expect(provider.lastBody.stream_options).toEqual({ include_usage: true });
    expect(gateway.money.closes).toMatchObject([{ cost: '24000', reason: 'ok', estimated: false, status: 200 }]);
  });

  it('passes the usage on to a client that asked for it', async () => {
    provider.next.push(streaming(EVENTS.first, EVENTS.usage, EVENTS.done));
    const body = JSON.stringify({ ...REQUEST, stream_options: { include_usage: true } });
    const response = await gateway.post(body);
    expect(await response.text()).toBe(`${EVENTS.first}${EVENTS.usage}${COST}${EVENTS.done}`);
    // Nothing but the model and the limit had to be changed.
    const sent = body.replace('"chat"', '"m-1"').replace(/}$/, ',"max_tokens":1000}');
    expect(provider.received.at(-1)!.body.toString()).toBe(sent);
  });

  it.each([
    ['null', null, '{"include_usage":true}'],
    ['empty', {}, '{"include_usage":true}'],
    ['refusing', { include_usage: false }, '{"include_usage":true}'],
    ['of another kind', { include_obfuscation: false }, '{"include_obfuscation":false,"include_usage":true}'],
  ])('asks for the usage where the options are %s', async (_what, options, sent) => {
    provider.next.push(streaming(EVENTS.first, EVENTS.usage, EVENTS.done));
    const response = await gateway.post({ ...REQUEST, stream_options: options });
    expect(await response.text()).not.toContain('"prompt_tokens"');
    expect(provider.received.at(-1)!.body.toString()).toContain(`"stream_options":${sent}`);
  });

  it('passes each event on when it comes', async () => {
    const rest = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      beginStream(response).write(EVENTS.first);
      await rest.promise;
      response.end(EVENTS.second + EVENTS.usage + EVENTS.done);
    });
    const response = await gateway.post(REQUEST);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(EVENTS.first);
    rest.resolve();
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += Buffer.from(part.value).toString();
    expect(text).toBe(EVENTS.second + COST + EVENTS.done);
  });

  it('records the attempt before [DONE]', async () => {
    const closing = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    gateway.money.onClose = () => {
      closing.resolve();
      return written.promise;
    };
    provider.next.push(streaming(EVENTS.first, EVENTS.usage, EVENTS.done));
    const reader = (await gateway.post(REQUEST)).body!.getReader();
    await closing.promise;
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(EVENTS.first);
    let more = false;
    const next = reader.read().then(({ value }) => {
      more = true;
      return Buffer.from(value!).toString();
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(more).toBe(false);
    written.resolve();
    expect(await next).toBe(COST + EVENTS.done);
  });

  it('ends with [DONE], without waiting for a provider that does not', async () => {
    const end = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      beginStream(response).write(EVENTS.first + EVENTS.usage + EVENTS.done);
      await end.promise;
      response.end('data: {"after":"the end"}\n\n');
    });
    const response = await gateway.post(REQUEST);
    expect(await response.text()).toBe(EVENTS.first + COST + EVENTS.done);
    expect(gateway.completions.inFlight).toBe(1);
    end.resolve();
  });

  it('takes the end of the answer for the end of an event', async () => {
    provider.next.push(streaming(EVENTS.first, EVENTS.usage, 'data: [DONE]'));
    const response = await gateway.post(REQUEST);
    expect(await response.text()).toBe(`${EVENTS.first}${COST}data: [DONE]`);
  });

  it('charges the bound where no usage comes', async () => {
    provider.next.push(streaming(EVENTS.first, EVENTS.done));
    const text = await (await gateway.post(REQUEST)).text();
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'no-usage', estimated: true });
    expect(text).toMatch(/^data: .*\n\n: x-purser-cost-usd 0\.000\d+\n\ndata: \[DONE\]\n\n$/s);
  });

  it.each([
    ['ends without [DONE]', streaming(EVENTS.first)],
    ['ends amid an event', streaming(EVENTS.first, 'data: {"id":"c","choi')],
    ['ends with an event that is no JSON', streaming(EVENTS.first, 'data: {"usage":{"prompt\n\n')],
  ])('ends with an error event where the stream %s', async (_what, script) => {
    provider.next.push(script);
    const text = await (await gateway.post(REQUEST)).text();
    expect(text.startsWith(EVENTS.first)).toBe(true);
    expect(lastEvent(text)).toMatchObject({ error: { type: 'server_error', code: 'provider_error' } });
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'cut', estimated: true, status: 200 });
  });

  it('believes a usage chunk whose [DONE] never comes', async () => {
    provider.next.push(streaming(EVENTS.first, EVENTS.usage));
    expect(await (await gateway.post(REQUEST)).text()).toBe(EVENTS.first + COST);
    expect(gateway.money.closes).toMatchObject([{ cost: '24000', reason: 'ok', estimated: false }]);
  });

  it('ends with an error event where the connection breaks, and charges the bound', async () => {
    provider.next.push((response) => {
      beginStream(response).write(EVENTS.first + 'data: {"id":"c","choi', () => response.destroy());
    });
    const text = await (await gateway.post(REQUEST)).text();
    // What was begun of an event is left out: after it, the error could not be read.
    expect(text.startsWith(`${EVENTS.first}: x-purser-cost-usd `)).toBe(true);
    expect(lastEvent(text)).toMatchObject({ error: { message: 'The answer broke off.', code: 'provider_error' } });
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'cut', estimated: true });
  });

  it('passes on an answer that is not a stream after all', async () => {
    provider.next.push((response) => answerJson(response, 200, COMPLETION));
    const response = await gateway.post(REQUEST);
    expect(await response.json()).toEqual(COMPLETION);
    expect(response.headers.get('x-purser-cost-usd')).toBe('0.000024');
  });

  it('waits for a client that reads slowly, and loses nothing', async () => {
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(30_000) } }] })}\n\n`;
    const events = 1_000;
    let written = 0;
    provider.next.push(async (response) => {
      beginStream(response);
      while (written < events) {
        written += 1;
        if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end(EVENTS.usage + EVENTS.done);
    });
    const response = await gateway.post(REQUEST);
    const reader = response.body!.getReader();
    let bytes = (await reader.read()).value!.length;
    let before = -1;
    while (written !== before) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // 30 MB don't fit into the buffers on the way, so the provider was made to wait.
    expect(written).toBeLessThan(events);
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.length;
    expect(bytes).toBe(events * event.length + COST.length + EVENTS.done.length);
  });
});

function lastEvent(text: string): unknown {
  return JSON.parse(text.trimEnd().split('\n\n').at(-1)!.replace('data: ', ''));
}
