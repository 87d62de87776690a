import type { LimiterContestant } from '../contestant.ts';

/** By the names that jobs use. `load` is called in the process that measures it: it shall hold nothing of the others. */
export const contestants = {
  purser: {
    label: 'Purser',
    packageName: '@purser/rate-limiting',
    load: async () => (await import('./purser.ts')).purser,
  },
  flexible: {
    label: 'rate-limiter-flexible',
    packageName: 'rate-limiter-flexible',
    load: async () => (await import('./flexible.ts')).flexible,
  },
  throttler: {
    label: '@nestjs/throttler',
    packageName: '@nestjs/throttler',
    load: async () => (await import('./throttler.ts')).throttler,
  },
} satisfies Record<string, { label: string; packageName: string; load: () => Promise<LimiterContestant> }>;

export type ContestantName = keyof typeof contestants;
