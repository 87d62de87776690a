import { ResourcePool } from '@purser/pooling/core';
import { makeResource, type PoolContestant, type Resource } from '../contestant.ts';

export const purser: PoolContestant = async (resources) => {
  const factory = { create: makeResource, destroy: () => undefined };
  const pool = new ResourcePool<Resource>(factory, { name: 'bench', max: resources });
  return {
    acquire: () => pool.acquire(),
    release: (resource) => pool.release(resource),
    tryAcquire: () => pool.tryAcquire(),
    close: () => pool.drain(1_000),
  };
};
