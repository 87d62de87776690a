import { Injectable, Logger, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Caches } from '../core/caches.ts';
import { CacheError } from '../core/errors.ts';
import { Cached } from './cached.decorator.ts';
import { CacheModule } from './cache.module.ts';

let calls = 0;

@Injectable()
class Odd {
  @Cached()
  async share(_of: string): Promise<number> {
    calls += 1;
    return NaN;
  }

  @Cached()
  async names(): Promise<Map<string, number>> {
    calls += 1;
    return new Map([['a', calls]]);
  }

  @Cached({ tags: (result: { id?: { toString(): string } }) => [result.id!.toString()] })
  async nameless(): Promise<object> {
    calls += 1;
    return {};
  }

  @Cached({ tags: () => [''] })
  async unclear(): Promise<string> {
    calls += 1;
    return 'written';
  }

  @Cached()
  async refuses(): Promise<never> {
    calls += 1;
    throw new CacheError('invalid_value', 'value', 'is not ours');
  }
}

let app: INestApplicationContext;
let odd: Odd;
const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
beforeEach(async () => {
  calls = 0;
  logged.mockClear();
  app = await Test.createTestingModule({ imports: [CacheModule.forRoot()], providers: [Odd] }).compile();
  await app.init();
  odd = app.get(Odd);
});
afterEach(() => app.close());

it.each([
  ['a number that JSON lacks', () => odd.share('a'), NaN, 'Odd.share'],
  ['a Map', () => odd.names(), new Map([['a', 1]]), 'Odd.names'],
  ['what no tags can be made of', () => odd.nameless(), {}, 'Odd.nameless'],
  ['what gets tags that are none', () => odd.unclear(), 'written', 'Odd.unclear'],
])('gives %s as the method does, by one call each, and counts and logs it', async (_what, ask, value, name) => {
  expect(await ask()).toEqual(value);
  expect(calls).toBe(1);
  await ask();
  expect(calls).toBe(2);
  expect(app.get(Caches).statistics().namespaces['methods']).toMatchObject({ loadErrors: 2 });
  expect(logged.mock.calls).toEqual([[expect.stringContaining(`What ${name} gives is not kept: `)]]);
});

it('gives each of those who ask at once one of its own', async () => {
  const [first, second] = await Promise.all([odd.names(), odd.names()]);
  expect(first).not.toBe(second);
  expect(calls).toBe(2);
});

it('throws what the method throws, by one call, also where it is what the cache might throw', async () => {
  await expect(odd.refuses()).rejects.toThrow('is not ours');
  expect(calls).toBe(1);
  expect(logged).not.toHaveBeenCalled();
});
