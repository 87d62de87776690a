import type { Demand } from '@purser/rate-limiting';
import { minuteRate, slotsOf, type LimitScope } from './limit-names.ts';

/** Whose limits can be reset. */
export type ResettableScope = Exclude<LimitScope, 'address'>;

/** All that can be limited of one owner, for a reset: it goes by names and subjects, not by amounts. */
export function demandsToReset(scope: ResettableScope, id: string): readonly Demand[] {
  return [minuteRate(scope, 'requests', id, 1), minuteRate(scope, 'tokens', id, 1), slotsOf(scope, id, 1)];
}
