import { Controller, Get, Module, type ExecutionContext, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, RpcException, type MicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import {
  Limiter,
  MemoryStore,
  rateLimit,
  RateLimit,
  RateLimitGrant,
  RateLimitModule,
  slotLimit,
  UpstreamQuotas,
  type Grant,
} from './index.ts';
import { LocalTransport } from './nest/testing/local-transport.ts';

const answers: ((answer: string) => void)[] = [];
const model = { answer: () => new Promise<string>((resolve) => answers.push(resolve)) };
const keyOf = (context: ExecutionContext) =>
  context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-key'];

@Controller('answers')
class AnswersController {
  @Get()
  @RateLimit({
    limits: [
      rateLimit('requests', { amount: 60, perMs: 3_600_000, capacity: 10 }),
      slotLimit('concurrency', { slots: 4 }),
    ],
  })
  async find() {
    return { answer: await model.answer() };
  }
}

@Module({ imports: [RateLimitModule.forRoot({ clientOf: keyOf })], controllers: [AnswersController] })
class AnswersModule {}

const texts = { write: async () => ({ text: 'once', tokens: 900 }) };

const tokens = rateLimit('tokens', { amount: 1_000, perMs: 3_600_000, unit: 'tokens' });
const plans = new Map([['big', rateLimit('tokens', { amount: 100_000, perMs: 3_600_000, unit: 'tokens' })]]);

@Controller()
class TextsController {
  @MessagePattern('texts.write')
  @RateLimit({ limits: (client) => [plans.get(client) ?? tokens, slotLimit('texts', { slots: 2 })], cost: 400 })
  async write(@RateLimitGrant() grant: Grant) {
    const { text, tokens } = await texts.write();
    await grant.settle('tokens', tokens);
    return text;
  }
}

const limits = RateLimitModule.forRoot({
  clientOf: (context) => context.switchToRpc().getContext<{ caller: string }>().caller,
  errorOf: (error) => new RpcException({ reason: error.reason, message: error.message }),
});

@Module({ imports: [limits], controllers: [TextsController] })
class TextsModule {}

let app: INestApplication;
beforeAll(async () => {
  app = await NestFactory.create(AnswersModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

const lines = (text: string) => text.split('\n').map((line) => line.trim());

it('shows in the README what runs here, and does what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const own = lines(readFileSync(new URL(import.meta.url), 'utf8'));
  const here = readme.replace(/\n## Over Redis\n[^]*?(?=\n## )/, '');
  const shown = [...here.matchAll(/```ts\n([^]*?)```/g)].flatMap(([, code]) => lines(code!));
  expect(shown.filter((line) => !own.includes(line))).toEqual([]);

  const limiter = app.get(Limiter);
  const url = `${await app.getUrl()}/answers`;
  const calls = Array.from({ length: 10 }, () => fetch(url, { headers: { 'x-key': 'key-1' } }));
  await until(() => limiter.statistics().waiting === 6 && answers.length === 4);
  // What waits takes its rate when it is served.
  expect(limiter.statistics().limits['concurrency']).toMatchObject({ held: 4 });
  for (let answered = 0; answered < 10; answered += 1) {
    await until(() => answers.length > 0);
    answers.shift()!('42');
  }
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
  const refused = await fetch(url, { headers: { 'x-key': 'key-1' } });
  expect(refused.status).toBe(429);
  const retryAfter = Number(refused.headers.get('retry-after'));
  expect(retryAfter).toBeGreaterThan(0);
  expect(retryAfter).toBeLessThanOrEqual(60);
});

it('has an example of the limits of others that runs', async () => {
  /** As much of `@purser/pooling`'s, which may not be imported here, as its quota shows in. */
  class HttpPool {
    readonly #origin: string;
    readonly #quota: UpstreamQuotas;
    constructor(at: string, options: { quota: UpstreamQuotas }) {
      this.#origin = at;
      this.#quota = options.quota;
    }
    async request({ path, subject }: { path: string; subject: string }) {
      const wait = this.#quota.check(subject);
      if (wait) throw new Error(`${this.#origin}${path} is not asked: ${wait.reason}`);
      const limited = { status: 429, headers: { 'retry-after': '30' } };
      this.#quota.observe(subject, limited);
      return limited;
    }
  }
  const origin = 'http://a.test';
  const quotas = new UpstreamQuotas();
  const pool = new HttpPool(origin, { quota: quotas });
  const answer = await pool.request({ path: '/user', subject: 'token-1' });
  expect(answer.status).toBe(429);
  await expect(pool.request({ path: '/user', subject: 'token-1' })).rejects.toThrow('not asked: retry-after');
});

it('has an example of messages that runs, with limits by client, and estimates that are corrected', async () => {
  const strategy = new LocalTransport();
  const service = await NestFactory.createMicroservice<MicroserviceOptions>(TextsModule, { strategy, logger: false });
  await service.listen();
  const outcomes: unknown[] = [];
  for (const caller of ['small', 'small', 'big', 'big']) {
    outcomes.push(await strategy.ask('texts.write', caller).catch((error: unknown) => error));
  }
  await service.close();
  const refusal: unknown = expect.objectContaining({ reason: 'rate' });
  expect(outcomes).toEqual(['once', refusal, 'once', 'once']);
});

it('has an example without Nest that runs', async () => {
  const [key, provider, estimate] = ['key-1', 'provider-1', 1_000];
  const { signal } = new AbortController();
  const call = async () => ({ tokens: 1_200 });
  const limiter = new Limiter({ store: new MemoryStore(), queue: { mostWaiting: 1_000, waitMs: 30_000 } });
  const demands = [
    { limit: rateLimit('tokens', { amount: 100_000, perMs: 60_000 }), subject: key, cost: estimate },
    { limit: slotLimit('provider', { slots: 50 }), subject: provider },
  ];
  const grant = await limiter.acquire(demands, { client: key, signal });
  try {
    await grant.settle('tokens', (await call()).tokens);
  } finally {
    await grant.release();
  }
  const [tokens, slots] = await limiter.look(demands);
  expect(tokens!.remaining).toBeGreaterThanOrEqual(98_800);
  expect(tokens!.remaining).toBeLessThan(99_900);
  expect(slots!.remaining).toBe(50);
  await limiter.close();
});
