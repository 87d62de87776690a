import type { Interval } from './limiter-processes.ts';

/**
 * By how much the fullest window is above `capacity + perMs * t`, as a part of that; below 0 where none is. What a window holds
 * is what was asked and answered in it: whatever is partly outside may have been decided there.
 */
export function worstExcess(grants: readonly Interval[], capacity: number, perMs: number): number {
  const latestFirst = [...grants].sort((one, other) => other.sentAt - one.sentAt);
  const ends: number[] = [];
  let worst = -1;
  for (const { sentAt, receivedAt } of latestFirst) {
    ends.splice(placeOf(ends, receivedAt), 0, receivedAt);
    for (const [index, end] of ends.entries()) {
      const most = capacity + perMs * (end - sentAt);
      worst = Math.max(worst, (index + 1 - most) / most);
    }
  }
  return worst;
}

/**
 * Those refusals that can't be right: since no grant on, all counted that may have been decided meanwhile, was so much taken of a
 * full bucket that less than one was left. The clocks may differ by a hundredth.
 */
export function wrongRefusals<R extends Interval>(
  refusals: readonly R[],
  grants: readonly Interval[],
  capacity: number,
  perMs: number,
): readonly R[] {
  const sent = grants.map(({ sentAt }) => sentAt).sort((one, other) => one - other);
  const received = grants.map(({ receivedAt }) => receivedAt).sort((one, other) => one - other);
  const runs = grants.map(({ sentAt, receivedAt }) => ({ receivedAt, before: placeOf(received, sentAt) }));
  runs.sort((one, other) => one.receivedAt - other.receivedAt);
  const isRight = (refusal: R): boolean => {
    const until = placeOf(sent, refusal.receivedAt);
    return runs.some(({ receivedAt, before }) => {
      const refilled = perMs * Math.max(0, refusal.sentAt - receivedAt);
      return until - before >= 0.99 * (capacity - 1 + refilled);
    });
  };
  return refusals.filter((refusal) => !isRight(refusal));
}

/** The most that were certainly held at one time. */
export function mostAtOnce(holds: readonly { readonly from: number; readonly to: number }[]): number {
  const events = holds.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  // What ends at a time goes before what begins at it.
  events.sort((one, other) => one.at - other.at || one.by - other.by);
  let held = 0;
  let most = 0;
  for (const { by } of events) {
    held += by;
    most = Math.max(most, held);
  }
  return most;
}

/** Jain's index: 1 where all are served alike, 1 ÷ their number where one gets all. */
export function jainsIndex(served: readonly number[]): number {
  const sum = served.reduce((all, one) => all + one, 0);
  const squares = served.reduce((all, one) => all + one * one, 0);
  return (sum * sum) / (served.length * squares);
}

function placeOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
