import type { ObjectiveInput } from '@purser/contracts';

/** Gives an id to each key result that has none: `kr-1`, `kr-2`, …, the first that are free. */
export function withIds<O extends Pick<ObjectiveInput, 'keyResults'>>(objective: O): O {
  const taken = new Set(objective.keyResults.map(({ id }) => id));
  let next = 1;
  const keyResults = objective.keyResults.map(({ id, ...others }) => {
    if (id !== undefined) return { id, ...others };
    while (taken.has(`kr-${next}`)) next += 1;
    return { id: `kr-${next++}`, ...others };
  });
  return { ...objective, keyResults };
}
