import { Limiter, MemoryStore, rateLimit, type Grant, type Refusal } from '@purser/rate-limiting/core';
import { RedisStore } from '@purser/rate-limiting/redis';
import { Redis } from 'ioredis';
import { PER_MS, type LimiterContestant, type Place } from '../contestant.ts';

export const purser: LimiterContestant = async (place, amount) => {
  const rate = { amount, perMs: PER_MS };
  const key = rateLimit('key', rate);
  const account = rateLimit('account', rate);
  const provider = rateLimit('provider', rate);
  const { limiter, close } = open(place);
  return {
    take: async (client) => granted(await limiter.take([{ limit: key, subject: client }])),
    ...(place.kind === 'memory' && { takeNow: (client: string) => limiter.take([{ limit: key, subject: client }]) }),
    takeThree: async (client) => {
      const demands = [key, account, provider].map((limit) => ({ limit, subject: client }));
      return granted(await limiter.take(demands));
    },
    close,
  };
};

function open(place: Place): { limiter: Limiter; close(): Promise<void> } {
  if (place.kind === 'memory') {
    const limiter = new Limiter({ store: new MemoryStore() });
    return { limiter, close: () => limiter.close() };
  }
  const redis = new Redis(place.url);
  const limiter = new Limiter({ store: new RedisStore({ redis }) });
  const close = async (): Promise<void> => {
    await limiter.close();
    await redis.quit();
  };
  return { limiter, close };
}

/** The peers reject where they refuse. */
function granted(answer: Grant | Refusal): Grant {
  if (answer.allowed) return answer;
  throw new Error(`refused by ${answer.limit.name}`);
}
