import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { COMPLETION, ScriptedProvider, answerJson } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const request = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };
const long = (bytes: number) => ({ ...COMPLETION, padding: 'every cent counts '.repeat(bytes / 18) });

describe('an answer of a provider, to a client that accepts a coding', () => {
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

  it.each([
    ['gzip', 2_000],
    ['br', 2_000],
    ['gzip', 100_000],
    ['br', 100_000],
  ])('comes in %s, and is the same bytes (%i) once decoded', async (coding, bytes) => {
    const text = JSON.stringify(long(bytes));
    provider.next.push((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(text));
    const response = await gateway.post(request, { headers: { 'accept-encoding': coding } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'content-encoding': coding, vary: 'Accept-Encoding', 'x-purser-cost-usd': '0.000024' },
      ...{ 'x-content-type-options': 'nosniff', 'x-request-id': expect.any(String) },
    });
    expect(Number(response.headers.get('content-length'))).toBeLessThan(bytes / 2);
    expect(await response.text()).toBe(text);
  });

  it.each([
    ['that is short', COMPLETION, {}],
    ['when the client says x-no-compression', long(2_000), { 'x-no-compression': '1' }],
    ['when it prefers it so', long(2_000), { 'accept-encoding': 'gzip;q=0.5, identity' }],
  ])('is left as it is %s', async (_what, body, headers) => {
    provider.next.push((response) => answerJson(response, 200, body));
    const response = await gateway.post(request, { headers: { 'accept-encoding': 'gzip', ...headers } });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.json()).toEqual(body);
  });

  it('is never coded while it streams', async () => {
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'word '.repeat(1_000) } }] })}\n\n`;
    provider.next.push((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${event}data: [DONE]\n\n`);
    });
    const response = await gateway.post({ ...request, stream: true }, { headers: { 'accept-encoding': 'gzip, br' } });
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([null, null]);
    expect(await response.text()).toContain(event);
  });

  it('is settled once, and holds up nobody, when the client goes away while it is coded', async () => {
    const large = JSON.stringify(long(100_000));
    const answer = (response: ServerResponse) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(large);
    const control = new AbortController();
    // Settled first: by then the provider has answered, and the answer is on its way to be coded.
    gateway.money.onClose = () => {
      const { edge, raw } = gateway.replies.at(-1)!;
      const gone = new Promise<void>((resolve) => raw.once('close', resolve));
      const bytes = edge.compression.bytes.bind(edge.compression);
      jest.spyOn(edge.compression, 'bytes').mockImplementationOnce(async (...asked) => {
        control.abort();
        await gone;
        return (await bytes(...asked))!;
      });
    };
    provider.next.push(answer);
    const headers = { 'accept-encoding': 'br' };
    await expect(gateway.post(request, { headers, signal: control.signal })).rejects.toThrow('aborted');
    expect(await gateway.leaks()).toEqual([]);
    expect(gateway.money.closes).toMatchObject([{ status: 200, reason: 'ok', cost: '24000' }]);

    gateway.money.onClose = () => undefined;
    provider.next.push(answer);
    const next = await gateway.post(request, { headers });
    expect([next.status, next.headers.get('content-encoding')]).toEqual([200, 'br']);
    expect(await next.text()).toBe(large);
  });
});
