import { describe, expect, it } from '@jest/globals';
import type { OpenLimiter } from '../contestant.ts';
import { contestants } from './index.ts';

const MEMORY = { kind: 'memory' } as const;

describe.each(Object.entries(contestants))('%s', (_name, { load }) => {
  async function using(limit: number, work: (limiter: OpenLimiter) => Promise<unknown>): Promise<void> {
    const limiter = await (await load())(MEMORY, limit);
    try {
      await work(limiter);
    } finally {
      await limiter.close();
    }
  }

  it('lets a client through below its limit', () =>
    using(3, async ({ take, takeNow }) => {
      await take('a');
      await take('a');
      takeNow?.('a');
    }));

  it('takes of three limits at once, where it can', () =>
    using(1, async ({ takeThree }) => {
      await takeThree?.('a');
      if (takeThree) await expect(takeThree('a')).rejects.toBeDefined();
    }));
});
