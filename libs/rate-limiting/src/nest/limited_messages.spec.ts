import { Controller, Module, UseInterceptors, type CallHandler, type ExecutionContext } from '@nestjs/common';
import { Ctx, MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Subject, takeUntil } from 'rxjs';
import type { Grant } from '../core/grant.ts';
import { rateLimit, slotLimit } from '../core/limit.ts';
import { Limiter } from '../core/limiter.ts';
import { LimitExceeded } from '../core/limit-exceeded.ts';
import type { Standing } from '../core/store.ts';
import { RateLimitGrant } from './granted.ts';
import type { RateLimitModuleOptions } from './module-options.ts';
import { RateLimit } from './rate-limit.decorator.ts';
import { RateLimitModule } from './rate-limit.module.ts';
import { LocalTransport } from './testing/local-transport.ts';

const HOUR_MS = 3_600_000;
const underWay: ((end: 'well' | 'badly') => void)[] = [];
const tokens = rateLimit('tokens', { amount: 100, perMs: 100 * HOUR_MS });
const lent = slotLimit('lent', { slots: 1 });
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** Ends, as a timeout does, what waits behind it. */
const givenUp = new Subject<void>();
const ending = {
  intercept: (_context: ExecutionContext, next: CallHandler) => next.handle().pipe(takeUntil(givenUp)),
};

@Controller()
class Messages {
  @MessagePattern('sum')
  @RateLimit({ limits: [rateLimit('sums', { amount: 1, perMs: HOUR_MS })] })
  sum() {
    return 1;
  }

  @MessagePattern('slow')
  @RateLimit({ limits: [slotLimit('slow', { slots: 1 })], waitMs: 0 })
  slow() {
    return new Promise((resolve, reject) => {
      underWay.push((end) => (end === 'well' ? resolve('done') : reject(new Error('no'))));
    });
  }

  @MessagePattern('generate')
  @RateLimit({ limits: [tokens], cost: 40 })
  async generate(@RateLimitGrant() grant: Grant, @Ctx() { caller }: { caller: string }) {
    await grant.settle('tokens', 10);
    return caller;
  }
}

@Controller()
@UseInterceptors(ending)
class Endings {
  @MessagePattern('ending')
  @RateLimit({ limits: [lent], waitMs: 60_000 })
  ending() {
    return 'done';
  }
}

let testing: TestingModule;
let close: () => Promise<void>;
let transport: LocalTransport;
const refusals: LimitExceeded[] = [];

beforeEach(async () => {
  refusals.length = 0;
  const useFactory = (): RateLimitModuleOptions => ({
    clientOf: (context) => context.switchToRpc().getContext<{ caller: string }>().caller,
    errorOf: (error) => {
      if (error instanceof LimitExceeded) refusals.push(error);
      return error;
    },
  });
  @Module({ imports: [RateLimitModule.forRootAsync({ useFactory })], controllers: [Messages, Endings] })
  class AppModule {}
  testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  transport = new LocalTransport();
  const app = testing.createNestMicroservice<MicroserviceOptions>({ strategy: transport, logger: false });
  await app.listen();
  close = () => app.close();
});
afterEach(() => close());

it('are refused by caller, with an error that says when to come again', async () => {
  expect(await transport.ask('sum', 'a')).toBe(1);
  await expect(transport.ask('sum', 'a')).rejects.toBeDefined();
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toBeInstanceOf(LimitExceeded);
  expect(refusals[0]!.retryAfterMs).toBeGreaterThan(HOUR_MS - 60_000);
  expect(await transport.ask('sum', 'b')).toBe(1);
});

it.each(['well', 'badly'] as const)('give their slots back when they end %s', async (end) => {
  const first = transport.ask('slow', 'a');
  void first.catch(() => undefined);
  await until(() => underWay.length > 0);
  await expect(transport.ask('slow', 'a')).rejects.toBeDefined();
  underWay.shift()!(end);
  await Promise.allSettled([first]);
  expect(testing.get(Limiter).statistics().limits['slow']).toMatchObject({ held: 0, refused: { slots: 1 } });
});

it('wait for no slot, and hold none, once nobody waits for their answer', async () => {
  const limiter = testing.get(Limiter);
  const slot = [{ limit: lent, subject: 'a' }];
  const held = await limiter.acquire(slot, { client: 'a' });
  const asked = transport.ask('ending', 'a');
  await until(() => limiter.statistics().waiting === 1);
  givenUp.next();
  await asked;
  await until(() => limiter.statistics().waiting === 0);
  await held.release();
  const [standing] = limiter.look(slot) as readonly Standing[];
  expect([standing!.remaining, limiter.statistics().limits['lent']!.held]).toEqual([1, 0]);
  expect(await transport.ask('ending', 'a')).toBe('done');
});

it('are corrected by their handlers', async () => {
  expect(await transport.ask('generate', 'a')).toBe('a');
  const [standing] = testing.get(Limiter).look([{ limit: tokens, subject: 'a' }]) as readonly Standing[];
  expect(standing!.remaining).toBe(90);
});
