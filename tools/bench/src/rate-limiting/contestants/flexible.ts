import { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterUnion, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { PER_MS, type LimiterContestant, type Place } from '../contestant.ts';

export const flexible: LimiterContestant = async (place, limit) => {
  const { limiter, close } = opener(place, limit);
  const [key, account, provider] = ['key', 'account', 'provider'].map(limiter) as [
    RateLimiterAbstract,
    RateLimiterAbstract,
    RateLimiterAbstract,
  ];
  const union = new RateLimiterUnion(key, account, provider);
  return { take: (client) => key.consume(client), takeThree: (client) => union.consume(client), close };
};

function opener(place: Place, limit: number): { limiter(name: string): RateLimiterAbstract; close(): Promise<void> } {
  const options = { points: limit, duration: PER_MS / 1_000 };
  if (place.kind === 'memory') {
    return { limiter: (keyPrefix) => new RateLimiterMemory({ ...options, keyPrefix }), close: async () => undefined };
  }
  const storeClient = new Redis(place.url);
  return {
    limiter: (name) => new RateLimiterRedis({ ...options, storeClient, keyPrefix: name }),
    close: async () => void (await storeClient.quit()),
  };
}
