import { expect } from '@jest/globals';
import { simulate, type Faults } from '../simulate.ts';

/** For all seeds of one kind of fault. */
export const SEEDS_MS = 240_000;

export const calm: Faults = { network: false, kills: false, powerLoss: false, stalls: false, providers: false };

/** Simulates with the seeds from 1 on. @throws Error naming the seed whose run broke an invariant */
export async function holdsInvariants(faults: Faults, seeds: number): Promise<void> {
  let attempts = 0;
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      attempts += (await simulate(seed, faults)).attempts;
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  expect(attempts).toBeGreaterThan(seeds * 100);
}
