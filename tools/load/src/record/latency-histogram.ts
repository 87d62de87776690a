/** Counters for each power of two: a value is known to 1/128 of itself, below 1 %, or to the microsecond. */
const STEPS_BITS = 7;
const STEPS = 1 << STEPS_BITS;
/** Microseconds; longer ones count as this. Above an hour, which is more than any wait of the generator. */
const MAX_US = 2 ** 32 - 1;
const COUNTERS = (32 - STEPS_BITS + 1) * STEPS;

/** So many values lie between these two. */
export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/**
 * How often which latency was seen, in counters whose width grows with the value (as HdrHistogram does): bounded memory
 * whatever comes, every value within 1 % or a microsecond, the largest exactly.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(COUNTERS);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get meanMs(): number {
    return this.#count === 0 ? Number.NaN : this.#sumMs / this.#count;
  }

  get maxMs(): number {
    return this.#count === 0 ? Number.NaN : this.#maxMs;
  }

  record(ms: number): void {
    const us = Math.min(MAX_US, Math.max(0, Math.round(ms * 1_000)));
    this.#counts[counterOf(us)]! += 1;
    this.#count += 1;
    this.#sumMs += ms;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** The latency that at least `share` of the values did not exceed, nearest rank; NaN where there are none. */
  percentileMs(share: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(this.#count * share));
    for (let counter = 0; counter < COUNTERS; counter++) {
      left -= this.#counts[counter]!;
      if (left <= 0) return Math.min(this.#maxMs, boundsUs(counter)[1] / 1_000);
    }
    return this.#maxMs;
  }

  /** The distribution in at most `bars` bars, each as wide as the others on a logarithmic scale. Empty ones in between too. */
  bars(bars: number): Bar[] {
    const used = [...this.#counts.keys()].filter((counter) => this.#counts[counter]! > 0);
    if (used.length === 0) return [];
    const from = Math.max(1, boundsUs(used[0]!)[0]);
    const ratio = (Math.max(from + 1, boundsUs(used.at(-1)!)[1]) / from) ** (1 / bars);
    const counts = new Array<number>(bars).fill(0);
    for (const counter of used) {
      const [low, high] = boundsUs(counter);
      const at = Math.floor(Math.log(Math.max(from, (low + high) / 2) / from) / Math.log(ratio));
      counts[Math.min(bars - 1, Math.max(0, at))]! += this.#counts[counter]!;
    }
    const edge = (index: number): number => (from * ratio ** index) / 1_000;
    return counts.map((count, index) => ({ fromMs: edge(index), toMs: edge(index + 1), count }));
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#maxMs = 0;
  }
}

/** Below {@link STEPS} each value has its own counter; above, the highest bits tell. */
function counterOf(us: number): number {
  if (us < STEPS) return us;
  const shift = 31 - Math.clz32(us) - STEPS_BITS;
  return (shift + 1) * STEPS + ((us >>> shift) & (STEPS - 1));
}

/** The smallest value of a counter and the first one beyond it. */
function boundsUs(counter: number): readonly [number, number] {
  if (counter < STEPS) return [counter, counter + 1];
  const width = 2 ** (Math.floor(counter / STEPS) - 1);
  const low = (STEPS + (counter % STEPS)) * width;
  return [low, low + width];
}
