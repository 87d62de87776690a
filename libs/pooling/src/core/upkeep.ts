import type { Members } from './members.ts';
import type { LeakReport, ResolvedPoolOptions } from './pool-options.ts';

const SWEEPS_PER_BOUND = 4;
const SHORTEST_SWEEP_MS = 10;
const LONGEST_SWEEP_MS = 10_000;

/** Calls `run` again and again, in the background, until it is stopped; never twice at once. */
export class Recurring {
  readonly #clock: ResolvedPoolOptions['clock'];
  readonly #everyMs: number;
  readonly #run: () => unknown;
  #timer: unknown;
  #stopped = false;

  constructor(clock: ResolvedPoolOptions['clock'], everyMs: number, run: () => unknown) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#run = run;
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimer(this.#timer);
  }

  #wait(): void {
    if (this.#stopped) return;
    const due = async () => {
      await this.#run();
      this.#wait();
    };
    this.#timer = this.#clock.setTimer(() => void due(), this.#everyMs, true);
  }
}

/** Bounds of time hold to within one of these. */
export function sweepEveryMs({ idleTimeoutMs, maxLifeMs, leakAfterMs = Infinity }: ResolvedPoolOptions): number {
  const shortest = Math.min(idleTimeoutMs, maxLifeMs, leakAfterMs);
  return Math.min(LONGEST_SWEEP_MS, Math.max(SHORTEST_SWEEP_MS, shortest / SWEEPS_PER_BOUND));
}

/** Leases that are out too long and were not found before. */
export function findLeaks<T>(members: Members<T>, options: ResolvedPoolOptions, now: number): LeakReport[] {
  const { leakAfterMs, name: pool } = options;
  if (leakAfterMs === undefined) return [];
  const leaks: LeakReport[] = [];
  for (const member of members.all()) {
    const heldMs = now - member.leasedAt;
    if (member.state !== 'leased' || member.reported || heldMs < leakAfterMs) continue;
    leaks.push({ pool, heldMs, stack: member.origin?.stack ?? '' });
    member.reported = true;
    member.origin = undefined;
  }
  return leaks;
}
