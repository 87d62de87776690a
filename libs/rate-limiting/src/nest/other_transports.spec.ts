import { Injectable, Module } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { rateLimit } from '../core/limit.ts';
import { RateLimit, SkipRateLimit } from './rate-limit.decorator.ts';
import { RateLimitModule } from './rate-limit.module.ts';

@Injectable()
class Resolver {
  @RateLimit({ limits: [rateLimit('finds', { amount: 1, perMs: 1_000 })] })
  find() {
    return 1;
  }

  @SkipRateLimit()
  free() {
    return 2;
  }

  plain() {
    return 3;
  }
}

@Module({ imports: [RateLimitModule.forRoot()], providers: [Resolver] })
class AppModule {}

let testing: TestingModule;
beforeEach(async () => {
  testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
  testing.useLogger(false);
  await testing.init();
});
afterEach(() => testing.close());

/** A handler as GraphQL and WebSockets have it. */
const handlerOf = (name: 'find' | 'free' | 'plain', type: string) => {
  const resolver = testing.get(Resolver);
  return testing
    .get(ExternalContextCreator)
    .create(resolver as never, resolver[name], name, undefined, undefined, undefined, undefined, undefined, type);
};

it.each(['graphql', 'ws'])('never run without the limits they are given: %s', async (type) => {
  await expect(handlerOf('find', type)({}, {})).rejects.toThrow(`Resolver.find is a handler of ${type}`);
  expect(await handlerOf('free', type)({}, {})).toBe(2);
  expect(await handlerOf('plain', type)({}, {})).toBe(3);
});
