import {
  ConsoleLogger,
  Controller,
  Get,
  Module,
  Param,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Grant } from '../core/grant.ts';
import { rateLimit, slotLimit } from '../core/limit.ts';
import { Limiter } from '../core/limiter.ts';
import type { Standing } from '../core/store.ts';
import { RateLimitGrant } from './granted.ts';
import { RateLimit, SkipRateLimit } from './rate-limit.decorator.ts';
import { RateLimitModule } from './rate-limit.module.ts';

const HOUR_MS = 3_600_000;
const two = rateLimit('two', { amount: 2, perMs: 2 * HOUR_MS });
const concurrency = slotLimit('concurrency', { slots: 1 });

const tokens = rateLimit('tokens', { amount: 100, perMs: 100 * HOUR_MS });

/** What Nest logs as a failure of the server. */
const failures: unknown[] = [];
class FailureLogger extends ConsoleLogger {
  override error(message: unknown): void {
    failures.push(message);
  }
}

/** Calls under way, until they are let go. */
const underWay: (() => void)[] = [];
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('things')
@RateLimit({ limits: [two] })
class ThingsController {
  @Get()
  list() {
    return [];
  }

  @Get('free')
  @SkipRateLimit()
  free() {
    return [];
  }

  @Get('dear')
  @RateLimit({ limits: [two], cost: 2 })
  dear() {
    return [];
  }

  @Get('never')
  @RateLimit({ limits: [two], cost: 3 })
  never() {
    return [];
  }

  @Get('own/:amount')
  @RateLimit({ limits: (client) => [rateLimit('own', { amount: client === 'key-1' ? 1 : 5, perMs: HOUR_MS })] })
  own(@Param('amount') amount: string) {
    return { amount };
  }

  @Get('slow')
  @RateLimit({ limits: [concurrency], waitMs: 60_000 })
  slow() {
    return new Promise((resolve) => underWay.push(() => resolve([])));
  }

  @Get('failing')
  @RateLimit({ limits: [concurrency], waitMs: 0 })
  failing() {
    throw new Error('no');
  }

  @Get('generated')
  @RateLimit({ limits: [tokens], cost: 40 })
  async generated(@RateLimitGrant() grant: Grant) {
    await grant.settle('tokens', 10);
    return [];
  }

  @Get('forbidden')
  @RateLimit({ limits: [concurrency], waitMs: 0 })
  @UseGuards(Refusing)
  forbidden() {
    return [];
  }
}

@Controller('open')
class OpenController {
  @Get()
  list() {
    return [];
  }
}

const clientOf = (context: { switchToHttp(): { getRequest(): { headers: Record<string, string> } } }) =>
  context.switchToHttp().getRequest().headers['x-key'];

@Module({
  imports: [RateLimitModule.forRoot({ guardAll: true, default: { limits: [two] }, clientOf })],
  controllers: [ThingsController, OpenController],
})
class AppModule {}

describe.each([
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
])('on %s', (_name, adapter) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    failures.length = 0;
    app = testing.createNestApplication(adapter(), { logger: new FailureLogger({ logLevels: ['error'] }) });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(async () => {
    for (const end of underWay.splice(0)) end();
    await app.close();
  });

  const get = (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${url}/${path}`, { headers, signal });
  const slots = () =>
    (app.get(Limiter).look([{ limit: concurrency, subject: '127.0.0.1' }]) as readonly Standing[])[0]!;

  it('passes what the limit allows, and refuses the rest with 429 and when to come again', async () => {
    const first = await get('things');
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"two";q=2;w=7200');
    expect(first.headers.get('ratelimit')).toBe('"two";r=1;t=3600');
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    await get('things');
    const refused = await get('things');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('3600');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    const body = (await refused.json()) as { retryAfterMs: number };
    expect(body).toMatchObject({ statusCode: 429, reason: 'rate', limit: 'two' });
    expect(Number.isInteger(body.retryAfterMs)).toBe(true);
    expect((await get('things/free')).headers.get('ratelimit')).toBeNull();
  });

  it('limits by the key where the app knows one, else by the address that the server sees', async () => {
    const spoofed = { 'x-forwarded-for': '10.9.8.7' };
    for (const headers of [{}, spoofed]) expect((await get('things', headers)).status).toBe(200);
    expect((await get('things', { 'x-forwarded-for': '10.1.1.1' })).status).toBe(429);
    expect((await get('things', { 'x-key': 'key-1' })).status).toBe(200);
    expect((await get('things', { 'x-key': 'k'.repeat(5_000) })).status).toBe(200);
  });

  it('takes its cost, and never lets pass what is above the capacity', async () => {
    expect((await get('things/dear')).headers.get('x-ratelimit-remaining')).toBe('0');
    const never = await get('things/never');
    expect([never.status, never.headers.get('retry-after')]).toEqual([429, null]);
    expect(await never.json()).toMatchObject({ reason: 'never' });
  });

  it('asks for the limits of each client', async () => {
    const key = { 'x-key': 'key-1' };
    expect((await get('things/own/1', key)).status).toBe(200);
    expect((await get('things/own/1', key)).status).toBe(429);
    expect((await get('things/own/5')).headers.get('x-ratelimit-limit')).toBe('5');
  });

  it('guards all handlers by the default, each request once', async () => {
    expect((await get('open')).headers.get('x-ratelimit-remaining')).toBe('1');
    expect((await get('things')).headers.get('x-ratelimit-remaining')).toBe('0');
  });

  it('holds a slot until the answer is out, and has others wait for it', async () => {
    const [first, second] = [get('things/slow'), get('things/slow')];
    await until(() => underWay.length === 1 && app.get(Limiter).statistics().waiting === 1);
    expect(slots().remaining).toBe(0);
    underWay.shift()!();
    expect((await first).status).toBe(200);
    await until(() => underWay.length === 1);
    underWay.shift()!();
    expect((await second).status).toBe(200);
    await until(() => slots().remaining === 1);
  });

  it('gives the slot back when the client goes away, and lets none wait for who is gone', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const gone = [get('things/slow', {}, first.signal), get('things/slow', {}, second.signal)];
    const ended = Promise.allSettled(gone);
    await until(() => underWay.length === 1 && app.get(Limiter).statistics().waiting === 1);
    first.abort();
    second.abort();
    await ended;
    await until(() => slots().remaining === 1 && app.get(Limiter).statistics().waiting === 0);
    expect(app.get(Limiter).statistics().aborted + underWay.length).toBe(2);
    expect((await get('open')).status).toBe(200);
    expect(failures).toEqual([]);
  });

  it('lets a handler correct what was taken by an estimate', async () => {
    expect((await get('things/generated')).headers.get('x-ratelimit-remaining')).toBe('60');
    const [standing] = app.get(Limiter).look([{ limit: tokens, subject: '127.0.0.1' }]) as readonly Standing[];
    expect(standing!.remaining).toBe(90);
  });

  it('gives the slot back when the handler fails, or a later guard refuses', async () => {
    for (let call = 0; call < 3; call += 1) {
      expect((await get('things/failing')).status).toBe(500);
      await until(() => slots().remaining === 1);
      expect((await get('things/forbidden')).status).toBe(403);
      await until(() => slots().remaining === 1);
    }
  });
});

it.each([
  [{ limits: 'all' }, 'limits must be a list of limits'],
  [{ limits: [{ ...two, capacity: 0 }] }, 'limits must be a list of limits'],
  [{ limits: [two], cost: -1 }, 'cost must be a number of at least 0'],
  [{ limits: [two], waitMs: NaN }, 'queue.waitMs must be a number of milliseconds'],
])('refuses %j', (options, message) => {
  expect(() => RateLimit(options as never)).toThrow(message);
});
