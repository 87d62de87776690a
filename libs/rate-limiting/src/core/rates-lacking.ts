import { wholeMs, type Refusal } from './limit-exceeded.ts';
import type { Demand, Standing } from './store.ts';

/** The first of the rates of which there is surely too little, by how they stand: with parts of tokens it may be unsure. */
export function lacking(demands: readonly Demand[], standings: readonly Standing[]): Refusal | undefined {
  for (const [index, { limit, subject, cost = 1 }] of demands.entries()) {
    if (limit.kind !== 'rate') continue;
    const { remaining, resetMs } = standings[index]!;
    const refusal = { allowed: false, limit, subject, standings } as const;
    if (cost > limit.capacity) return { ...refusal, reason: 'never', retryAfterMs: undefined };
    if (remaining >= cost || remaining + 1 > cost) continue;
    const enoughMs = ((limit.capacity - cost) * limit.perMs) / limit.amount;
    return { ...refusal, reason: 'rate', retryAfterMs: wholeMs(resetMs - enoughMs) };
  }
  return undefined;
}
