import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import {
  COMPLETION,
  EVENTS,
  ScriptedProvider,
  answerJson,
  beginStream,
  type Script,
} from './testing/scripted-provider.ts';
import { TEST_OPTIONS, TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };
const ERROR = { error: { message: 'Their own words', type: 'x', param: null, code: 'theirs' } };
const SHORT = { ...TEST_OPTIONS.timeouts, firstByteMs: 50, idleMs: 50 };

const status =
  (code: number, headers = {}): Script =>
  (response) =>
    answerJson(response, code, ERROR, headers);
const silent: Script = () => undefined;
const headOnly: Script = (response) => void beginStream(response).flushHeaders();
const hungUp: Script = (response) => void response.destroy();
const halfAnswered: Script = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"choices":[', () => response.destroy());
};

describe('a provider that fails', () => {
  let first: ScriptedProvider;
  let second: ScriptedProvider;
  let gateway: TestGateway;

  beforeAll(async () => {
    first = await ScriptedProvider.start();
    second = await ScriptedProvider.start();
  });
  afterEach(async () => {
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
    first.received.length = second.received.length = 0;
  });
  afterAll(async () => {
    await first.stop();
    await second.stop();
  });

  const startWithBoth = async (options = {}) => {
    const targets = [target(first.baseUrl, { name: 'first' }), target(second.baseUrl, { name: 'second' })];
    gateway = await TestGateway.start(new TestConfiguration(...targets), options);
  };
  const startAlone = async (options = {}) => {
    gateway = await TestGateway.start(new TestConfiguration(target(first.baseUrl)), options);
  };

  describe.each([
    ['500', status(500), { cost: '0', reason: 'provider-error', status: 500 }, 502, 'Their own words'],
    ['502', status(502), { cost: '0', reason: 'provider-error', status: 502 }, 502, 'Their own words'],
    ['503', status(503), { cost: '0', reason: 'provider-error', status: 503 }, 503, 'Their own words'],
    [
      '429',
      status(429, { 'retry-after': '7' }),
      { cost: '0', reason: 'provider-error', status: 429 },
      503,
      'Their own words',
    ],
    ['408', status(408), { cost: '0', reason: 'provider-error', status: 408 }, 502, 'Their own words'],
    ['409', status(409), { cost: '0', reason: 'provider-error', status: 409 }, 502, 'Their own words'],
    ['a redirect', status(307), { cost: '0', reason: 'provider-error', status: 307 }, 502, 'Their own words'],
    ['silence', silent, { reason: 'timeout', estimated: true, status: 0 }, 504, 'did not answer in time'],
    ['a head alone', headOnly, { reason: 'timeout', estimated: true, status: 200 }, 504, 'did not answer in time'],
    ['hanging up', hungUp, { reason: 'cut', estimated: true, status: 0 }, 502, 'closed before an answer'],
    ['half an answer', halfAnswered, { reason: 'cut', estimated: true, status: 200 }, 502, 'broke off'],
  ] as const)('with %s', (what, script, close, answered, message) => {
    const request = what === 'a head alone' ? { ...REQUEST, stream: true } : REQUEST;

    it('is followed by the next target, each paid from its own budgets', async () => {
      await startWithBoth({ timeouts: SHORT });
      first.next.push(script);
      const response = await gateway.post(request);
      expect([response.status, response.headers.get('x-purser-attempts')]).toEqual([200, '2']);
      expect(response.headers.get('x-purser-provider')).toBe('second');
      await response.arrayBuffer();
      const [failed, answering] = gateway.money.attempts;
      expect(failed!.close).toMatchObject(close);
      if ('estimated' in close) expect(failed!.close!.cost).toBe(failed!.open.bound);
      expect([failed!.open.attempt, answering!.open.attempt]).toEqual([1, 2]);
      expect(answering!.close).toMatchObject({ reason: 'ok', cost: '24000' });
      expect(gateway.money.reserved.map(({ budgets }) => budgets)).toEqual([
        ['budget-for-provider-first'],
        ['budget-for-provider-second'],
      ]);
    });

    it(`is told as ${answered} where no target is left, in its own words if it had any`, async () => {
      await startAlone({ timeouts: SHORT });
      first.next.push(script);
      const response = await gateway.post(request);
      expect(response.status).toBe(answered);
      expect(response.headers.get('x-purser-attempts')).toBe('1');
      expect(response.headers.get('retry-after')).toBe(answered === 503 ? (what === '429' ? '7' : '1') : null);
      const { error } = (await response.json()) as { error: { message: string; type: string } };
      expect(error.message).toContain(message);
      expect(error.type).toBe('server_error');
      expect(gateway.money.closes).toMatchObject([close]);
    });
  });

  it('frees the failed attempt before it reserves for the next', async () => {
    await startWithBoth();
    first.next.push(status(500));
    gateway.money.onReserve = () => {
      if (gateway.money.reserved.length === 1) expect(gateway.money.reserved[0]!.closedAt).toBe(0n);
    };
    expect((await gateway.post(REQUEST)).status).toBe(200);
    expect(gateway.money.reserved).toHaveLength(2);
  });

  it.each([400, 413, 422])('judging the request with %d is believed at once', async (code) => {
    await startWithBoth();
    const bytes = Buffer.from('{"error": {"message":"no",  "param":"temperature"} }\n');
    first.next.push((response) => void response.writeHead(code, { 'content-type': 'application/json' }).end(bytes));
    const response = await gateway.post(REQUEST);
    expect(response.status).toBe(code);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('x-purser-cost-usd')).toBe('0');
    expect(second.received).toHaveLength(0);
    expect(gateway.money.closes).toMatchObject([{ cost: '0', reason: 'rejected', status: code, estimated: false }]);
  });

  it.each([401, 402, 403, 404])(
    'that does not take our credentials or lacks the model (%d) is passed over',
    async (code) => {
      await startWithBoth();
      first.next.push((response) => answerJson(response, code, { error: { message: 'not with this key' } }));
      expect((await gateway.post(REQUEST)).status).toBe(200);
      first.next.push((response) => answerJson(response, code, { error: { message: 'not with this key' } }));
      second.next.push((response) => answerJson(response, code, { error: { message: 'nor with this' } }));
      const response = await gateway.post(REQUEST);
      expect([response.status, await response.json()]).toMatchObject([
        502,
        { error: { code: 'provider_error', message: expect.stringContaining('nor with this') } },
      ]);
      expect(gateway.money.closes[0]).toMatchObject({ cost: '0', reason: 'provider-error', status: code });
    },
  );

  it('that can not be reached costs nothing', async () => {
    const port = await closedPort();
    const unreachable = target(`http://127.0.0.1:${port}/v1`, { name: 'first' });
    gateway = await TestGateway.start(new TestConfiguration(unreachable, target(second.baseUrl, { name: 'second' })));
    expect((await gateway.post(REQUEST)).status).toBe(200);
    expect(gateway.money.closes).toMatchObject([
      { cost: '0', reason: 'connect-failed', estimated: false, status: 0 },
      { cost: '24000', reason: 'ok' },
    ]);
  });

  it('after every target was tried is told by the last of them', async () => {
    await startWithBoth();
    first.next.push(hungUp);
    second.next.push(status(500));
    const response = await gateway.post(REQUEST);
    expect([response.status, response.headers.get('x-purser-attempts')]).toEqual([502, '2']);
    expect(await response.json()).toMatchObject({ error: { message: 'Their own words', code: 'provider_error' } });
  });

  it('is what is told, though the fallback could not be paid', async () => {
    await startWithBoth();
    first.next.push(status(500));
    gateway.money.onReserve = ([budget]) => {
      if (budget!.id.endsWith('second')) throw new DomainError('budget_exceeded', 'Nothing left.');
    };
    expect((await gateway.post(REQUEST)).status).toBe(502);
  });

  it('amid a stream is not followed by another', async () => {
    await startWithBoth({ timeouts: SHORT });
    first.next.push((response) => void beginStream(response).write(EVENTS.first));
    const text = await (await gateway.post({ ...REQUEST, stream: true })).text();
    expect(text).toContain('"code":"provider_timeout"');
    expect(second.received).toHaveLength(0);
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'timeout', estimated: true });
  });

  it('with an answer that does not end within the total time has timed out', async () => {
    await startAlone({ timeouts: { ...TEST_OPTIONS.timeouts, totalMs: 60 } });
    first.next.push(silent);
    expect((await gateway.post(REQUEST)).status).toBe(504);
    expect(gateway.money.closes).toMatchObject([{ reason: 'timeout', estimated: true }]);
  });

  it('with an answer that is too large is cut off and charged the bound', async () => {
    await startAlone();
    first.next.push((response) => {
      response.on('error', () => undefined);
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      };
      response.on('drain', more);
      more();
    });
    expect((await gateway.post(REQUEST)).status).toBe(502);
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'cut', estimated: true });
  });

  it('to write the attempt down keeps it from being sent', async () => {
    await startAlone();
    gateway.money.onOpen = () => Promise.reject(new DomainError('unavailable', 'The disk is full.'));
    const response = await gateway.post(REQUEST);
    expect([response.status, first.received.length]).toEqual([503, 0]);
  });

  it('to record what came is no answer', async () => {
    await startAlone();
    gateway.money.onClose = () => Promise.reject(new Error('The disk is full.'));
    const response = await gateway.post(REQUEST);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('choices');
  });

  describe('to keep its answer uncompressed', () => {
    it('is read all the same', async () => {
      await startAlone();
      first.next.push((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync(JSON.stringify(COMPLETION)));
      });
      const response = await gateway.post(REQUEST);
      expect(await response.json()).toEqual(COMPLETION);
      expect(response.headers.has('content-encoding')).toBe(false);
      expect(gateway.money.closes).toMatchObject([{ cost: '24000', reason: 'ok' }]);
    });

    it('is read in a stream too', async () => {
      await startAlone();
      first.next.push((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
        response.end(gzipSync(EVENTS.first + EVENTS.usage + EVENTS.done));
      });
      const text = await (await gateway.post({ ...REQUEST, stream: true })).text();
      expect(text).toBe(`${EVENTS.first}: x-purser-cost-usd 0.000024\n\n${EVENTS.done}`);
    });

    it.each([
      ['is no excuse for a bomb', 'gzip', gzipSync(Buffer.alloc(64 << 20))],
      ['fails where its bytes are not what it says', 'br', Buffer.from('not brotli')],
      ['fails in an encoding that nobody knows', 'rot13', Buffer.from('{}')],
    ])('%s', async (_what, encoding, bytes) => {
      await startAlone();
      first.next.push((response) => {
        response.on('error', () => undefined);
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding }).end(bytes);
      });
      expect((await gateway.post(REQUEST)).status).toBe(502);
      expect(gateway.money.closes).toMatchObject([{ reason: 'cut', estimated: true }]);
    });
  });
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
