import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { answerJson, beginStream, EVENTS, ScriptedProvider, type Script } from './testing/scripted-provider.ts';
import { TEST_OPTIONS, TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };
const RESILIENCE = { ...TEST_OPTIONS.resilience, retries: 1 };
const BREAKER = { minimumCalls: 4, openMs: 3_600_000, maxOpenMs: 3_600_000 };

const status =
  (code: number, headers = {}): Script =>
  (response) =>
    answerJson(response, code, { error: { message: `status ${code}` } }, headers);

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
    for (const provider of [first, second]) provider.received.length = provider.next.length = 0;
  });
  afterAll(async () => {
    await first.stop();
    await second.stop();
  });

  const start = async (resilience = {}, baseUrls = [first.baseUrl]) => {
    const targets = baseUrls.map((baseUrl, index) => target(baseUrl, { name: ['first', 'second'][index]! }));
    const options = { resilience: { ...RESILIENCE, ...resilience } };
    gateway = await TestGateway.start(new TestConfiguration(...targets), options);
  };
  const both = () => [first.baseUrl, second.baseUrl];
  const post = async (body = {}) => {
    const response = await gateway.post({ ...REQUEST, ...body });
    const text = await response.text();
    const of = (name: string) => response.headers.get(name);
    return { status: response.status, attempts: of('x-purser-attempts'), retryAfter: of('retry-after'), of, text };
  };

  describe('is asked once more', () => {
    it.each([500, 502, 503, 529, 429, 408])('after %d, which cost nothing', async (code) => {
      await start();
      first.next.push(status(code));
      gateway.money.onReserve = () => {
        if (gateway.money.reserved.length === 1) expect(gateway.money.reserved[0]!.closedAt).toBe(0n);
      };
      expect(await post()).toMatchObject({ status: 200, attempts: '2' });
      expect(first.received).toHaveLength(2);
      expect(gateway.money.closes).toMatchObject([
        { cost: '0', reason: 'provider-error', status: code },
        { cost: '24000', reason: 'ok' },
      ]);
      const opens = gateway.money.attempts.map(({ open }) => open);
      expect(opens.map(({ attempt }) => attempt)).toEqual([1, 2]);
      expect(new Set(opens.map(({ usageId }) => usageId)).size).toBe(2);
    });

    it('where no connection could be made', async () => {
      const gone = await ScriptedProvider.start();
      const { baseUrl } = gone;
      await gone.stop();
      await start({}, [baseUrl, second.baseUrl]);
      expect(await post()).toMatchObject({ status: 200, attempts: '3' });
      expect(gateway.money.closes).toMatchObject([
        { cost: '0', reason: 'connect-failed' },
        { cost: '0', reason: 'connect-failed' },
        { reason: 'ok' },
      ]);
    });

    it('before the next target is', async () => {
      await start({}, both());
      first.next.push(status(500), status(500));
      const answer = await post();
      expect([answer.status, answer.attempts, answer.of('x-purser-provider')]).toEqual([200, '3', 'second']);
    });

    it('after the time it asks for, where that is short', async () => {
      await start({ maxRetryAfterMs: 1_000 });
      first.next.push(status(429, { 'retry-after': '1' }));
      const startedAt = performance.now();
      expect(await post()).toMatchObject({ status: 200, attempts: '2' });
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
    });
  });

  describe('is not asked again', () => {
    it('where it asks for more time than is waited', async () => {
      await start({}, both());
      first.next.push(status(429, { 'retry-after': '2' }));
      expect(await post()).toMatchObject({ status: 200, attempts: '2' });
      expect([first, second].map(({ received }) => received.length)).toEqual([1, 1]);
    });

    it('where it asks for any time, and another target is there', async () => {
      await start({ maxRetryAfterMs: 60_000 }, both());
      first.next.push(status(429, { 'retry-after': '50' }));
      expect(await post()).toMatchObject({ status: 200, attempts: '2' });
      expect([first, second].map(({ received }) => received.length)).toEqual([1, 1]);
    });

    it.each([400, 401, 404, 422])('after %d, which would be the same again', async (code) => {
      await start();
      first.next.push(status(code));
      expect((await post()).attempts).toBe('1');
    });

    it('after it hung up, which may have cost something', async () => {
      await start();
      first.next.push((response) => void response.destroy());
      expect(await post()).toMatchObject({ status: 502, attempts: '1' });
      expect(gateway.money.closes).toMatchObject([{ reason: 'cut', estimated: true }]);
    });

    it('once the client has a part of its answer', async () => {
      await start({}, both());
      first.next.push((response) => {
        const stream = beginStream(response);
        stream.write('data: {"choices":[]}\n\n', () => response.destroy());
      });
      const answer = await post({ stream: true });
      expect([answer.status, answer.attempts]).toEqual([200, '1']);
      expect(answer.text).toContain('"error"');
      expect(second.received).toHaveLength(0);
    });

    it('beyond the budget that all requests share', async () => {
      await start({ retryRatio: 0.01, breaker: { minimumCalls: 1_000 } });
      for (let count = 0; count < 30; count += 1) first.next.push(status(500), status(500));
      const answers = await Promise.all(Array.from({ length: 30 }, () => post()));
      const retried = answers.filter(({ attempts }) => attempts === '2').length;
      expect(retried).toBeGreaterThanOrEqual(10);
      expect(retried).toBeLessThanOrEqual(11);
    });
  });

  describe('is left alone for a while', () => {
    const failOften = async () => {
      for (let count = 0; count < 4; count += 1) first.next.push(status(500));
      for (let count = 0; count < 4; count += 1) await post();
      expect(first.received).toHaveLength(4);
    };

    it('and the next target asked in its place', async () => {
      await start({ retries: 0, breaker: BREAKER }, both());
      await failOften();
      const answer = await post();
      expect([answer.status, answer.attempts, answer.of('x-purser-provider')]).toEqual([200, '1', 'second']);
      expect(first.received).toHaveLength(4);
    });

    it('and who has no other is told when to come again', async () => {
      await start({ retries: 0, breaker: BREAKER });
      await failOften();
      const { status: told, retryAfter, attempts, text } = await post();
      expect({ told, attempts, code: (JSON.parse(text) as { error: { code: string } }).error.code }).toEqual({
        told: 503,
        attempts: null,
        code: 'provider_busy',
      });
      expect(Number(retryAfter)).toBeGreaterThan(1_000);
      expect(gateway.money.reserved).toHaveLength(4);
    });

    it('and asked again once it is well', async () => {
      await start({ retries: 0, breaker: { ...BREAKER, openMs: 20, maxOpenMs: 20 } });
      await failOften();
      let answer = await post();
      while (answer.status !== 200) answer = await post();
      expect(await Promise.all([post(), post(), post()])).toMatchObject([
        { status: 200 },
        { status: 200 },
        { status: 200 },
      ]);
    });

    it('until the head of an answer has come, however long the rest takes', async () => {
      await start({ retries: 0, breaker: { ...BREAKER, openMs: 1, maxOpenMs: 1 } });
      await failOften();
      let end = () => undefined as void;
      first.next.push((response) => {
        const stream = beginStream(response);
        stream.write(EVENTS.first);
        end = () => void stream.end(EVENTS.usage + EVENTS.done);
      });
      let probe = await gateway.post({ ...REQUEST, stream: true });
      while (probe.status !== 200) probe = await gateway.post({ ...REQUEST, stream: true });
      expect(await Promise.all([post(), post(), post()])).toMatchObject([
        { status: 200 },
        { status: 200 },
        { status: 200 },
      ]);
      end();
      expect(await probe.text()).toContain('[DONE]');
    });

    it('and nobody is its probe who waits for money', async () => {
      await start({ retries: 0, breaker: { ...BREAKER, openMs: 1, maxOpenMs: 1 } });
      await failOften();
      const money = Promise.withResolvers<void>();
      const waits = Promise.withResolvers<true>();
      gateway.money.onReserve = () => {
        gateway.money.onReserve = () => undefined;
        waits.resolve(true);
        return money.promise;
      };
      let waiting = gateway.post(REQUEST);
      while ((await Promise.race([waiting, waits.promise])) !== true) waiting = gateway.post(REQUEST);
      expect((await post()).status).toBe(200);
      money.resolve();
      expect((await waiting).status).toBe(200);
    });

    it('not because a long answer ran into the time that the gateway gives it', async () => {
      gateway = await TestGateway.start(new TestConfiguration(target(first.baseUrl)), {
        resilience: { ...RESILIENCE, retries: 0, breaker: BREAKER },
        timeouts: { ...TEST_OPTIONS.timeouts, totalMs: 100 },
      });
      const endless: Script = (response) => void beginStream(response).write(EVENTS.first);
      for (let count = 0; count < 4; count += 1) first.next.push(endless);
      for (let count = 0; count < 4; count += 1) await post({ stream: true });
      expect((await post()).status).toBe(200);
    });

    it('not because it refuses requests, credentials or more of them', async () => {
      await start({ retries: 0, breaker: BREAKER });
      for (const code of [400, 401, 404, 429, 429, 429]) first.next.push(status(code));
      for (let count = 0; count < 6; count += 1) await post();
      expect((await post()).status).toBe(200);
    });
  });
});
