import { describe, expect, it } from '@jest/globals';
import { simulate, type Faults } from './simulate.ts';

const calm: Faults = { network: false, kills: false, powerLoss: false, stalls: false, providers: false };

describe('the money protocol', () => {
  it.each<[string, Faults, number]>([
    ['without faults', calm, 40],
    ['with providers that overrun and do not report', { ...calm, providers: true }, 20],
    ['with lost, doubled and late messages', { ...calm, network: true }, 60],
    ['with kill -9 of gateways and budget services', { ...calm, kills: true, providers: true }, 60],
    ['with stopped processes, partitions, changed limits and releases', { ...calm, stalls: true }, 60],
    [
      'with everything, power losses too',
      { network: true, kills: true, powerLoss: true, stalls: true, providers: true },
      100,
    ],
  ])(
    'holds its invariants %s',
    async (_, faults, seeds) => {
      let attempts = 0;
      for (let seed = 1; seed <= seeds; seed += 1) {
        try {
          attempts += (await simulate(seed, faults)).attempts;
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
        }
      }
      expect(attempts).toBeGreaterThan(seeds * 100);
    },
    240_000,
  );
});
