import 'reflect-metadata';
import { ThrottlerStorageService } from '@nestjs/throttler';
import { PER_MS, type LimiterContestant } from '../contestant.ts';

/** What its guard calls for each request. Its stores for Redis, which others publish, are not made for Nest 12. */
export const throttler: LimiterContestant = async (place, limit) => {
  if (place.kind !== 'memory') throw new Error('The throttler is measured in memory only.');
  const storage = new ThrottlerStorageService();
  return {
    take: (client) => storage.increment(client, PER_MS, limit, 0, 'default'),
    close: async () => storage.onApplicationShutdown(),
  };
};
