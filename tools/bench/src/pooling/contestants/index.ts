import type { PoolContestant } from '../contestant.ts';

/** By the names that jobs use. `load` is called in the process that measures it: it shall hold nothing of the others. */
export const contestants = {
  purser: {
    label: 'Purser',
    packageName: '@purser/pooling',
    load: async () => (await import('./purser.ts')).purser,
  },
  genericPool: {
    label: 'generic-pool',
    packageName: 'generic-pool',
    load: async () => (await import('./generic-pool.ts')).genericPool,
  },
  tarn: { label: 'tarn', packageName: 'tarn', load: async () => (await import('./tarn.ts')).tarn },
} satisfies Record<string, { label: string; packageName: string; load: () => Promise<PoolContestant> }>;

export type ContestantName = keyof typeof contestants;
