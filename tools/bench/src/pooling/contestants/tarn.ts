import { Pool } from 'tarn';
import { makeResource, type PoolContestant, type Resource } from '../contestant.ts';

export const tarn: PoolContestant = async (resources) => {
  const pool = new Pool<Resource>({
    create: async () => makeResource(),
    destroy: () => undefined,
    min: 0,
    max: resources,
    acquireTimeoutMillis: 5_000,
  });
  return {
    acquire: () => pool.acquire().promise,
    release: (resource) => pool.release(resource),
    close: () => pool.destroy(),
  };
};
