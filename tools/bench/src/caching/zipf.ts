/**
 * Draws ranks from 0 to `count - 1`, where rank r comes with a probability in proportion to 1 / (r + 1)^alpha: how often
 * things are asked for, by Zipf's law. The same seed draws the same ranks.
 */
export function zipf(count: number, alpha: number, seed: number): () => number {
  const cumulated = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) cumulated[rank] = sum += 1 / (rank + 1) ** alpha;
  const random = randomNumbers(seed);
  return () => {
    const drawn = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulated[middle]! > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** From 0 to less than 1: the mulberry32 generator, of which one number follows another whatever the machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
