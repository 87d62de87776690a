import { describe, it } from '@jest/globals';
import type { Faults } from './simulate.ts';
import { calm, holdsInvariants, SEEDS_MS } from './testing/hold-invariants.ts';

// Faults of other kinds have files of their own, so that they run at the same time: each takes long.
describe('the money protocol', () => {
  it.each<[string, Faults, number]>([
    ['without faults', calm, 40],
    ['with providers that overrun and do not report', { ...calm, providers: true }, 20],
    ['with lost, doubled and late messages', { ...calm, network: true }, 60],
  ])('holds its invariants %s', (_, faults, seeds) => holdsInvariants(faults, seeds), SEEDS_MS);
});
