import { describe, expect, it } from '@jest/globals';
import { StoreClock } from './store-clock.ts';

describe('the clock of a store', () => {
  it('goes on by the time that passed where the wall clock is set back', () => {
    let [wall, elapsed] = [1_000_000, 0];
    const clock = new StoreClock(
      () => wall,
      () => elapsed,
    );
    expect(clock.now()).toBe(1_000_000);
    wall -= 500_000;
    elapsed += 10;
    expect(clock.now()).toBe(1_000_010);
    wall += 10;
    elapsed += 10;
    expect(clock.now()).toBe(1_000_020);
  });

  it('goes forward with the wall clock, and stays there', () => {
    let [wall, elapsed] = [1_000_000, 0];
    const clock = new StoreClock(
      () => wall,
      () => elapsed,
    );
    wall += 500;
    expect(clock.now()).toBe(1_000_500);
    wall -= 500;
    elapsed += 1;
    expect(clock.now()).toBe(1_000_501);
  });
});
