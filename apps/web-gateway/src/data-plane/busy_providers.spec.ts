import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import { COMPLETION, EVENTS, ScriptedProvider, answerJson, beginStream } from './testing/scripted-provider.ts';
import { TEST_OPTIONS, TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }] };
const soon = <T>(what: string, condition: () => T) => waitUntil(condition, { timeoutMs: 10_000, everyMs: 2, what });

describe('a provider whose places are taken', () => {
  let provider: ScriptedProvider;
  let other: ScriptedProvider;
  let gateway: TestGateway;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    other = await ScriptedProvider.start();
  });
  afterEach(async () => {
    expect(await gateway.leaks()).toEqual([]);
    await gateway.stop();
    provider.received.length = other.received.length = 0;
  });
  afterAll(async () => {
    await provider.stop();
    await other.stop();
  });

  const narrow = () => target(provider.baseUrl, { concurrency: 1 });

  /** Takes the only place, until the result is called. */
  const occupy = async () => {
    const release = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      await release.promise;
      answerJson(response, 200, COMPLETION);
    });
    const answered = gateway.post(REQUEST);
    await soon('the place is taken', () => provider.received.length === 1);
    return async () => {
      release.resolve();
      expect((await answered).status).toBe(200);
    };
  };

  it('makes requests wait, and nobody holds money meanwhile', async () => {
    gateway = await TestGateway.start(new TestConfiguration(narrow()));
    const release = await occupy();
    const waiting = gateway.post(REQUEST);
    await soon('it waits', () => gateway.completions.inFlight === 2);
    expect(gateway.money.reserved).toHaveLength(1);
    await release();
    expect((await waiting).status).toBe(200);
  });

  it('refuses those that are too many, to be tried again', async () => {
    gateway = await TestGateway.start(new TestConfiguration(narrow()), { queue: { mostWaiting: 1, waitMs: 60_000 } });
    const release = await occupy();
    const waiting = gateway.post(REQUEST);
    await soon('it waits', () => gateway.completions.inFlight === 2);
    const response = await gateway.post(REQUEST);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'requests' } });
    await release();
    expect((await waiting).status).toBe(200);
  });

  it('is passed over where the route has another target', async () => {
    const targets = [narrow(), target(other.baseUrl, { name: 'other' })];
    gateway = await TestGateway.start(new TestConfiguration(...targets), { queue: { mostWaiting: 5, waitMs: 20 } });
    const release = await occupy();
    const response = await gateway.post(REQUEST);
    expect([response.status, response.headers.get('x-purser-provider')]).toEqual([200, 'other']);
    expect(response.headers.get('x-purser-attempts')).toBe('1');
    await release();
  });

  it('keeps a place until its connection is free, also after [DONE]', async () => {
    gateway = await TestGateway.start(new TestConfiguration(narrow()));
    const end = Promise.withResolvers<void>();
    provider.next.push(async (response) => {
      beginStream(response).write(EVENTS.first + EVENTS.usage + EVENTS.done);
      await end.promise;
      response.end();
    });
    await (await gateway.post({ ...REQUEST, stream: true })).text();
    expect([gateway.placesTaken(), gateway.money.leaks]).toEqual([1, []]);
    end.resolve();
    await soon('the place is free', () => gateway.placesTaken() === 0);
  });

  it('is not held up by a client that reads nothing, past the total time', async () => {
    const options = { timeouts: { ...TEST_OPTIONS.timeouts, totalMs: 400 } };
    gateway = await TestGateway.start(new TestConfiguration(narrow()), options);
    const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(30_000) } }] })}\n\n`;
    provider.next.push((response) => {
      beginStream(response);
      const more = () => {
        while (!response.destroyed && response.write(event));
      };
      response.on('drain', more);
      more();
    });
    const response = await gateway.post({ ...REQUEST, stream: true });
    await soon('the place is free', () => gateway.placesTaken() === 0);
    await expect(response.text()).rejects.toThrow();
    const { open, close } = gateway.money.attempts[0]!;
    expect(close).toMatchObject({ cost: open.bound, reason: 'timeout', estimated: true });
  });
});
