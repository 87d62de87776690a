import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpPools } from './http-pools.ts';
import { KnownAnswers } from './known-answers.ts';
import { loopbackServer, until } from './testing/loopback-server.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

function poolsOf(maxOrigins: number): HttpPools {
  const pools = new HttpPools({ maxOrigins });
  opened.unshift(() => pools.drain(0));
  return pools;
}

describe('pools of many origins', () => {
  it('are one for each, and the one that was used longest ago is closed beyond the bound', () => {
    const pools = poolsOf(2);
    const [a, b] = [pools.poolFor('http://a.test'), pools.poolFor('http://b.test')];
    expect(pools.poolFor('http://a.test')).toBe(a);
    a.dispatch({ method: 'GET', path: '/' }, { onResponseError: () => undefined });
    const c = pools.poolFor('http://c.test');
    expect([a, b, c].map(({ closed }) => closed)).toEqual([false, true, false]);
    expect(pools.poolFor('http://b.test')).not.toBe(b);
  });

  it('let requests end that are under way in one that is closed, and rather close one without any', async () => {
    const answers: (() => void)[] = [];
    const server = await loopbackServer((_request, response) => answers.push(() => response.end('done')));
    opened.push(() => server.close());
    const pools = poolsOf(2);
    const busy = pools.poolFor(server.origin);
    const answer = busy.request({ path: '/' });
    await until(() => answers.length === 1);
    const idle = pools.poolFor('http://idle.test');
    pools.poolFor('http://next.test');
    expect([busy.closed, idle.closed]).toEqual([false, true]);
    const drained = pools.drain(60_000);
    expect(busy.closed).toBe(true);
    await expect(busy.request({ path: '/' })).rejects.toMatchObject({ code: 'pool_draining' });
    answers[0]!();
    await expect(answer).resolves.toMatchObject({ status: 200 });
    await drained;
    expect(pools.stats()).toEqual([]);
    expect(pools.poolFor('http://late.test').closed).toBe(true);
  });

  it('are one for all spellings of an origin, and refuse what is none also where there is one', () => {
    const pools = poolsOf(5);
    const pool = pools.poolFor('http://a.test');
    expect([pools.poolFor('http://a.test/'), pools.poolFor('HTTP://A.test:80')]).toEqual([pool, pool]);
    expect(() => pools.poolFor('http://a.test/path')).toThrow('origin: must be');
    expect(pools.stats().map(({ pool }) => pool)).toEqual(['http://a.test']);
  });

  it('tell of each origin once, cut the oldest beyond the bound of those that close, and close all by one deadline', async () => {
    const server = await loopbackServer(() => {});
    const other = await loopbackServer(() => {});
    opened.push(
      () => server.close(),
      () => other.close(),
    );
    const pools = poolsOf(1);
    const ended: Promise<unknown>[] = [];
    const hang = async (origin: string) => {
      const pool = pools.poolFor(origin);
      ended.push(pool.request({ path: '/' }).catch((error: unknown) => error));
      await until(() => pool.numbers().inUse === 1);
    };
    await hang(server.origin);
    await hang(other.origin);
    await hang(server.origin);
    expect(
      pools
        .stats()
        .map(({ pool }) => pool)
        .toSorted(),
    ).toEqual([server.origin, other.origin].toSorted());
    expect(await ended[0]).toBeInstanceOf(Error);
    await pools.drain(0);
    for (const error of await Promise.all(ended)) expect(error).toBeInstanceOf(Error);
    expect(pools.stats()).toEqual([]);
  });

  it.each([0, 1.5, Infinity])('refuse a bound of %p', (maxOrigins) => {
    expect(() => new HttpPools({ maxOrigins })).toThrow('maxOrigins: must be a whole number of at least 1');
  });
});

describe('known answers', () => {
  const answer = (text: string) => ({ status: 200, headers: {}, body: Buffer.from(text) });

  it('forget what was used longest ago, by number and by bytes, and keep none that is too large', () => {
    const store = new KnownAnswers({ maxEntries: 2, maxBytes: 10 });
    store.set('a', answer('1234'));
    store.set('b', answer('1234'));
    store.get('a');
    store.set('c', answer('1'));
    expect(['a', 'b', 'c'].map((key) => store.get(key)?.body.length)).toEqual([4, undefined, 1]);
    store.set('d', answer('1234567890'));
    expect(['a', 'c', 'd'].map((key) => store.get(key)?.body.length)).toEqual([undefined, undefined, 10]);
    store.set('d', answer('12345678901'));
    expect(store.get('d')).toBeUndefined();
    expect(() => new KnownAnswers({ maxBytes: 0 })).toThrow('maxBytes must be');
  });
});
