import { it } from '@jest/globals';
import { holdsInvariants, SEEDS_MS } from './testing/hold-invariants.ts';

it(
  'the money protocol holds its invariants with everything, power losses too',
  () => holdsInvariants({ network: true, kills: true, powerLoss: true, stalls: true, providers: true }, 100),
  SEEDS_MS,
);
