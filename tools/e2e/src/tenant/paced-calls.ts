import { setTimeout as sleep } from 'node:timers/promises';

/** Calls under way at most; one that comes beyond them is left out. */
const MOST_UNDER_WAY = 200;

/**
 * Calls at a fixed pace, whatever becomes of those before: a slow answer does not slow down what asks.
 *
 * @param call gets how many there were before it; must not reject
 * @param again asked before each call
 * @returns what the calls came to, when all have ended
 */
export async function pacedCalls<T>(
  everyMs: number,
  call: (index: number) => Promise<T>,
  again: (ended: readonly T[]) => boolean,
): Promise<T[]> {
  const ended: T[] = [];
  const underWay = new Set<Promise<void>>();
  for (let index = 0; again(ended);) {
    if (underWay.size < MOST_UNDER_WAY) {
      const running = call(index++).then((outcome) => {
        ended.push(outcome);
        underWay.delete(running);
      });
      underWay.add(running);
    }
    await sleep(everyMs);
  }
  await Promise.all(underWay);
  return ended;
}
