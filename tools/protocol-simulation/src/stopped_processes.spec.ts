import { it } from '@jest/globals';
import { calm, holdsInvariants, SEEDS_MS } from './testing/hold-invariants.ts';

it(
  'the money protocol holds its invariants with stopped processes, partitions, changed limits and releases',
  () => holdsInvariants({ ...calm, stalls: true }, 60),
  SEEDS_MS,
);
