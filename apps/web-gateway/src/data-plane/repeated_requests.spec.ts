import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ScriptedProvider } from './testing/scripted-provider.ts';
import { TestConfiguration, TestGateway, resolutionOf, target } from './testing/test-gateway.ts';

const REQUEST = { model: 'chat', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };
const REORDERED = { max_tokens: 50, messages: REQUEST.messages, model: 'chat' };

let provider: ScriptedProvider;
let gateway: TestGateway;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
beforeEach(async () => {
  gateway = await TestGateway.start(new TestConfiguration(target(provider.baseUrl)));
  change({ cacheTtlSeconds: 60 });
});
afterEach(async () => {
  expect(await gateway.leaks()).toEqual([]);
  await gateway.stop();
  provider.received.length = 0;
});
afterAll(() => provider.stop());

const change = (changes: { cacheTtlSeconds?: number | null; revision?: string; route?: string }) => {
  const { resolution } = gateway.configuration;
  gateway.configuration.resolution = { ...resolutionOf(...resolution.targets), ...resolution, ...changes };
};

const ask = async (headers: Record<string, string> = {}, body: object = REQUEST) => {
  const response = await gateway.post(body, { headers });
  return { status: response.status, cache: response.headers.get('x-cache'), text: await response.text() };
};

describe('a request that comes again byte by byte', () => {
  it('is answered from memory without a look-up of its own, as the same in other bytes is', async () => {
    const first = await ask();
    const { reads } = gateway.kept;
    expect(await ask()).toEqual({ ...first, cache: 'HIT' });
    expect(gateway.kept.reads).toBe(reads);
    expect(await ask({}, REORDERED)).toEqual({ ...first, cache: 'HIT' });
    expect(gateway.kept.reads).toBe(reads + 1);
    expect(gateway.money.attempts.map(({ open }) => open.cache)).toEqual(['MISS', 'HIT', 'HIT']);
  });

  it('is looked for in the tiers below where memory has nothing', async () => {
    await ask();
    const { reads } = gateway.kept;
    gateway.kept.memory = false;
    expect((await ask()).cache).toBe('HIT');
    expect(gateway.kept.reads).toBe(reads + 1);
    expect(provider.received).toHaveLength(1);
  });

  it.each([{ revision: '2' }, { route: 'another' }])('is asked anew once its route is another: %j', async (changes) => {
    await ask();
    change(changes);
    expect((await ask()).cache).toBe('MISS');
    expect((await ask()).cache).toBe('HIT');
    expect(provider.received).toHaveLength(2);
  });

  it('is asked anew where its route keeps no answers any more', async () => {
    await ask();
    change({ cacheTtlSeconds: null });
    expect((await ask()).cache).toBeNull();
    expect((await ask({ 'x-purser-cache': 'on' })).cache).toBe('HIT');
  });

  it('is asked anew where its header says so, and refused for one that says neither', async () => {
    await ask();
    expect((await ask({ 'x-purser-cache': 'off' })).cache).toBe('BYPASS');
    expect((await ask({ 'x-purser-cache': 'yes' })).status).toBe(400);
    expect(provider.received).toHaveLength(2);
  });

  it('is asked anew once its answer is forgotten', async () => {
    await ask();
    await gateway.kept.cache.clear();
    expect([(await ask()).cache, (await ask()).cache]).toEqual(['MISS', 'HIT']);
  });

  it('by another account is another request', async () => {
    await ask();
    gateway.accountId = 'account-2';
    expect([(await ask()).cache, (await ask()).cache]).toEqual(['MISS', 'HIT']);
    expect(provider.received).toHaveLength(2);
  });
});
