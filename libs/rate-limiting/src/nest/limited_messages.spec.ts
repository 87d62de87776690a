import { Controller, Module } from '@nestjs/common';
import {
  MessagePattern,
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { isObservable, lastValueFrom } from 'rxjs';
import { rateLimit, slotLimit } from '../core/limit.ts';
import { Limiter } from '../core/limiter.ts';
import { LimitExceeded } from '../core/limit-exceeded.ts';
import type { RateLimitModuleOptions } from './module-options.ts';
import { RateLimit } from './rate-limit.decorator.ts';
import { RateLimitModule } from './rate-limit.module.ts';

const HOUR_MS = 3_600_000;
const underWay: ((end: 'well' | 'badly') => void)[] = [];

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
}

class Local extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
  async ask(pattern: string, caller: string): Promise<unknown> {
    const handler: MessageHandler = this.messageHandlers.get(pattern)!;
    const result: unknown = await handler({}, { caller });
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}

let testing: TestingModule;
let close: () => Promise<void>;
let transport: Local;
const refusals: LimitExceeded[] = [];

beforeEach(async () => {
  refusals.length = 0;
  const useFactory = (): RateLimitModuleOptions => ({
    clientOf: (context) => context.switchToRpc().getContext<{ caller: string }>().caller,
    errorOf: (refusal) => {
      refusals.push(refusal);
      return refusal;
    },
  });
  @Module({ imports: [RateLimitModule.forRootAsync({ useFactory })], controllers: [Messages] })
  class AppModule {}
  testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  transport = new Local();
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
  while (underWay.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await expect(transport.ask('slow', 'a')).rejects.toBeDefined();
  underWay.shift()!(end);
  await Promise.allSettled([first]);
  expect(testing.get(Limiter).statistics().limits['slow']).toMatchObject({ held: 0, refused: { slots: 1 } });
});
