import type { Limit } from './limit.ts';

/** The part that the latest look has in the mean. */
const LATEST = 1 / 16;

/** A mean of parts, 0 to 1, in which the latest count most. */
export class UsedPart {
  /** Null before the first. */
  mean: number | null = null;

  add(part: number): void {
    this.mean = this.mean === null ? part : this.mean + (part - this.mean) * LATEST;
  }
}

/** The part of a limit that is used where so much is left of it. */
export function usedPart(limit: Limit, remaining: number): number {
  const capacity = limit.kind === 'rate' ? limit.capacity : limit.slots;
  return Math.min(1, Math.max(0, 1 - remaining / capacity));
}
