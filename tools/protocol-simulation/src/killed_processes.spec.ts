import { it } from '@jest/globals';
import { calm, holdsInvariants, SEEDS_MS } from './testing/hold-invariants.ts';

it(
  'the money protocol holds its invariants with kill -9 of gateways and budget services',
  () => holdsInvariants({ ...calm, kills: true, providers: true }, 60),
  SEEDS_MS,
);
