import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import {
  COMPLETION,
  EVENTS,
  ScriptedProvider,
  answerJson,
  beginStream,
  type Script,
} from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };
const STREAM = { ...REQUEST, stream: true, stream_options: { include_usage: true } };
const ON = { 'x-purser-cache': 'on' };

const soon = <T>(what: string, condition: () => T) => waitUntil(condition, { timeoutMs: 10_000, everyMs: 2, what });

let provider: ScriptedProvider;
let gateway: TestGateway;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
  provider.received.length = 0;
  provider.next.length = 0;
});
afterAll(() => provider.stop());

const start = async (cancelledStreams: 'drain' | 'abort' = 'drain', options = {}) => {
  gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl, { cancelledStreams })), options);
};

interface Answered {
  readonly status: number;
  readonly cache: string | null;
  readonly text: string;
}

const ask = async (body: object = REQUEST, signal?: AbortSignal): Promise<Answered> => {
  const response = await gateway.post(body, { headers: ON, signal });
  return { status: response.status, cache: response.headers.get('x-cache'), text: await response.text() };
};

/** The first of the same requests, whose provider waits, and others that have joined it. */
const joined = async (count: number, script: Script, body: object = REQUEST) => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  provider.next.push(async (...request) => {
    await released;
    await script(...request);
  });
  const client = new AbortController();
  const leader = ask(body, client.signal).catch(() => 'gone' as const);
  await soon('the provider is asked', () => provider.received.length === 1);
  const clients = Array.from({ length: count }, () => new AbortController());
  const followers = clients.map(({ signal }) => ask(body, signal).catch(() => 'gone' as const));
  await soon('all have come', () => gateway.completions.inFlight === count + 1);
  return {
    release,
    leader,
    followers,
    leave: () => client.abort(),
    leaving: clients.map((each) => () => each.abort()),
  };
};

const cachesOf = (answers: readonly (Answered | 'gone')[]) =>
  answers.map((answer) => (answer === 'gone' ? answer : answer.cache));

const recorded = () => gateway.money.attempts.map(({ open, close }) => [open.cache, close?.cost]);

describe('the same request fifty times at once', () => {
  it.each([
    ['plain', REQUEST, (response) => answerJson(response, 200, COMPLETION)],
    ['streamed', STREAM, (response) => void beginStream(response).end(Object.values(EVENTS).join(''))],
  ] as [string, object, Script][])('asks the provider once, %s', async (_, body, script) => {
    await start();
    const { release, leader, followers } = await joined(49, script, body);
    release();
    const answers = await Promise.all([leader, ...followers]);
    expect(cachesOf(answers)).toEqual(['MISS', ...Array<string>(49).fill('HIT')]);
    expect(new Set(answers.map((answer) => (answer as Answered).text.replace(/usd 0\.0+24/, 'usd 0'))).size).toBe(1);
    expect(provider.received).toHaveLength(1);
    expect(recorded()).toEqual([['MISS', '24000'], ...Array.from({ length: 49 }, () => ['HIT', '0'])]);
    expect(gateway.kept.reads).toBe(1);
  });

  it('is answered also while the cache fails', async () => {
    await start();
    gateway.kept.onUse = () => {
      throw new Error('gone');
    };
    const { release, leader, followers } = await joined(9, (response) => answerJson(response, 200, COMPLETION));
    release();
    expect(cachesOf(await Promise.all([leader, ...followers]))).toEqual(['MISS', ...Array<string>(9).fill('HIT')]);
  });

  it('finds the answer also while it is still being stored', async () => {
    await start();
    const stored = Promise.withResolvers<void>();
    gateway.kept.onUse = (use) => (use === 'set' ? stored.promise : undefined);
    expect((await ask()).cache).toBe('MISS');
    expect((await ask()).cache).toBe('HIT');
    expect(provider.received).toHaveLength(1);
    stored.resolve();
  });
});

describe('those who wait for the answer of another', () => {
  it.each([
    ['fails', (response) => answerJson(response, 500, { error: { message: 'down' } }), 502],
    ['is refused', (response) => answerJson(response, 422, { error: { message: 'no' } }), 422],
  ] as [string, Script, number][])('do not get its error where it %s: one of them asks', async (_, script, status) => {
    await start();
    const { release, leader, followers } = await joined(5, script);
    release();
    expect(await leader).toMatchObject({ status });
    const answers = await Promise.all(followers);
    expect(answers.map((answer) => (answer as Answered).status)).toEqual([200, 200, 200, 200, 200]);
    expect(cachesOf(answers).sort()).toEqual(['HIT', 'HIT', 'HIT', 'HIT', 'MISS']);
    expect(provider.received).toHaveLength(2);
  });

  it('go on alone when a second one could not be kept either', async () => {
    await start();
    const { usage: _, ...withoutUsage } = COMPLETION;
    provider.script = (response) => answerJson(response, 200, withoutUsage);
    const { release, leader, followers } = await joined(4, provider.script);
    release();
    expect(cachesOf(await Promise.all([leader, ...followers]))).toEqual(Array<string>(5).fill('MISS'));
    expect(provider.received).toHaveLength(5);
    provider.script = (response) => answerJson(response, 200, COMPLETION);
  });

  it('wait no longer than a call may take', async () => {
    await start('drain', { answers: { maxBytes: 10_000, waitMs: 20 } });
    const { release, leader, followers } = await joined(1, (response) => answerJson(response, 200, COMPLETION));
    expect(cachesOf(await Promise.all(followers))).toEqual(['MISS']);
    release();
    expect(cachesOf([await leader])).toEqual(['MISS']);
  });

  it.each(['drain', 'abort'] as const)('get it though its client leaves (%s)', async (cancelledStreams) => {
    await start(cancelledStreams);
    const { release, leader, followers, leave } = await joined(3, (response) => answerJson(response, 200, COMPLETION));
    leave();
    expect(await leader).toBe('gone');
    await soon('the gateway has noticed', () => gateway.replies[0]!.raw.destroyed);
    release();
    expect(cachesOf(await Promise.all(followers))).toEqual(['HIT', 'HIT', 'HIT']);
    expect(provider.received).toHaveLength(1);
    expect(gateway.money.closes[0]).toMatchObject({ cost: '24000', reason: 'client-gone', estimated: false });
  });

  it('get it though its client leaves amid the stream, unread', async () => {
    await start('abort', { answers: { maxBytes: 60_000_000, waitMs: 60_000 } });
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(30_000) } }] })}\n\n`;
    let written = 0;
    provider.next.push(async (response) => {
      beginStream(response);
      for (; written < 1_000; written++) {
        if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end(EVENTS.usage + EVENTS.done);
    });
    const client = new AbortController();
    const response = await gateway.post(STREAM, { headers: ON, signal: client.signal });
    await response.body!.getReader().read();
    const follower = ask(STREAM);
    await soon('it has come', () => gateway.completions.inFlight === 2);
    for (let before = -1; written !== before;) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(written).toBeLessThan(1_000);
    client.abort();
    expect(await follower).toMatchObject({ status: 200, cache: 'HIT' });
    expect(provider.received).toHaveLength(1);
  });

  it('may leave, each for itself', async () => {
    await start();
    const { release, leader, followers, leaving } = await joined(2, (response) =>
      answerJson(response, 200, COMPLETION),
    );
    leaving[0]!();
    expect(await followers[0]).toBe('gone');
    await soon('the gateway has noticed', () => gateway.completions.inFlight === 2);
    release();
    expect(cachesOf([await leader, (await followers[1])!])).toEqual(['MISS', 'HIT']);
    expect(recorded()).toHaveLength(2);
  });

  it('leave the provider to itself when all have gone', async () => {
    await start('abort');
    const { leader, followers, leave, leaving } = await joined(2, (response) => answerJson(response, 200, COMPLETION));
    leave();
    await leader;
    await soon('the gateway has noticed', () => gateway.replies[0]!.raw.destroyed);
    for (const each of leaving) each();
    await Promise.all(followers);
    await soon('the attempt is closed', () => gateway.money.closes[0]);
    expect(gateway.money.closes[0]).toMatchObject({ reason: 'client-gone', estimated: true });
    await soon('the provider is let go', () => provider.open === 0);
  });

  it('ask themselves when its client leaves before anything was sent', async () => {
    await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    let reservations = 0;
    gateway.money.onReserve = (budgets, signal) => {
      if (budgets.length === 0 || (reservations += 1) > 1) return;
      return new Promise((_, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error));
        resolve();
      });
    };
    const client = new AbortController();
    const leader = ask(REQUEST, client.signal).catch(() => 'gone');
    await promise;
    const follower = ask();
    await soon('it has come', () => gateway.completions.inFlight === 2);
    client.abort();
    expect(await leader).toBe('gone');
    expect(await follower).toMatchObject({ status: 200, cache: 'MISS' });
  });
});
