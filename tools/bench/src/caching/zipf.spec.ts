import { describe, expect, it } from '@jest/globals';
import { zipf } from './zipf.ts';

function counted(count: number, alpha: number, draws: number): number[] {
  const counts = new Array<number>(count).fill(0);
  const draw = zipf(count, alpha, 1);
  for (let at = 0; at < draws; at++) counts[draw()]! += 1;
  return counts;
}

describe('zipf', () => {
  it('draws each rank as often as the law says', () => {
    const counts = counted(4, 1, 100_000);
    const sum = 1 + 1 / 2 + 1 / 3 + 1 / 4;
    counts.forEach((count, rank) => expect(count / 100_000).toBeCloseTo(1 / (rank + 1) / sum, 2));
  });

  it('draws all ranks alike where alpha is 0', () => {
    for (const count of counted(10, 0, 100_000)) expect(count / 100_000).toBeCloseTo(0.1, 2);
  });

  it('draws the same for the same seed, and something else for another', () => {
    const drawn = (seed: number): number[] => {
      const draw = zipf(1_000, 0.8, seed);
      return Array.from({ length: 20 }, draw);
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});
