import { describe, expect, it } from '@jest/globals';
import { simulate } from './simulate.ts';

const calm = { network: false, kills: false, powerLoss: false, stalls: false, providers: false };

describe('a refusal', () => {
  it('happens only when the bound did not fit what was really left', async () => {
    let all = 0;
    for (let seed = 1_000; seed < 1_060; seed += 1) {
      const { refusals } = await simulate(seed, calm);
      expect({ seed, wrong: refusals.wrong }).toEqual({ seed, wrong: 0 });
      all += refusals.all;
    }
    expect(all).toBeGreaterThan(1_000);
  }, 120_000);
});
