import { Controller, Get, HttpException, Module, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, expect, it } from '@jest/globals';
import { rateLimit } from '../core/limit.ts';
import { LimitStoreError } from '../core/store-error.ts';
import { MemoryStore } from '../stores/memory/index.ts';
import type { RateLimitModuleOptions } from './module-options.ts';
import { RateLimit } from './rate-limit.decorator.ts';
import { RateLimitModule } from './rate-limit.module.ts';

@Controller()
class Things {
  @Get('things')
  @RateLimit({ limits: [rateLimit('requests', { amount: 1, perMs: 3_600_000 })] })
  list() {
    return [];
  }
}

/** A store that is there and not, as it is told. */
class WaveringStore extends MemoryStore {
  isAway = true;

  override take(...call: Parameters<MemoryStore['take']>): ReturnType<MemoryStore['take']> {
    if (this.isAway) throw new LimitStoreError('unavailable', 'redis://secret:6379 is away');
    return super.take(...call);
  }
}

let app: INestApplication;
let store: WaveringStore;
afterEach(() => app.close());

async function open(options: RateLimitModuleOptions): Promise<() => Promise<Response>> {
  store = new WaveringStore();
  @Module({ imports: [RateLimitModule.forRoot({ store, ...options })], controllers: [Things] })
  class AppModule {}
  const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  app = testing.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = `${await app.getUrl()}/things`;
  return () => fetch(url);
}

it('is told with 503 and when to try again, and no word of where the store is', async () => {
  const get = await open({});
  const refused = await get();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  const body = await refused.text();
  expect(JSON.parse(body)).toMatchObject({ statusCode: 503, retryAfterMs: 1_000 });
  expect(body).not.toContain('secret');
  store.isAway = false;
  expect((await get()).status).toBe(200);
});

it('is an error of the app where it has one for it', async () => {
  const causes: unknown[] = [];
  const errorOf: RateLimitModuleOptions['errorOf'] = (cause) => {
    causes.push(cause);
    return new HttpException('own', 507);
  };
  const get = await open({ errorOf });
  expect((await get()).status).toBe(507);
  expect(causes).toEqual([expect.any(LimitStoreError)]);
});

it('lets calls pass where the app says so, and tells once each time', async () => {
  const problems: unknown[] = [];
  const get = await open({ onStoreError: 'allow', onProblem: (error) => problems.push(error) });
  for (const _call of [1, 2, 3]) expect((await get()).status).toBe(200);
  expect(problems).toHaveLength(1);
  store.isAway = false;
  expect([(await get()).status, (await get()).status]).toEqual([200, 429]);
  store.isAway = true;
  expect((await get()).status).toBe(200);
  expect(problems).toHaveLength(2);
});

it('is handled in no other way', () => {
  expect(() => RateLimitModule.forRoot({ onStoreError: 'ignore' as never })).toThrow(
    'onStoreError must be allow or refuse',
  );
});
