import { createPool } from 'generic-pool';
import { makeResource, type PoolContestant } from '../contestant.ts';

export const genericPool: PoolContestant = async (resources) => {
  const factory = { create: async () => makeResource(), destroy: async () => undefined };
  const pool = createPool(factory, { max: resources, maxWaitingClients: 1_000, acquireTimeoutMillis: 5_000 });
  return {
    acquire: async () => pool.acquire(),
    release: (resource) => pool.release(resource),
    close: async () => {
      await pool.drain();
      await pool.clear();
    },
  };
};
