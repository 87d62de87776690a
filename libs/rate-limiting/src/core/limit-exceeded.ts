import type { Limit } from './limit.ts';
import type { Demand, Refused, Standing } from './store.ts';

/**
 * - `rate`: too much in too short a time; after `retryAfterMs` there is enough.
 * - `slots`: all are held, and the caller did not want to wait.
 * - `never`: the cost is above the capacity, so that no time helps.
 * - `queue-full`: too many wait already, and this client not less than the others.
 * - `wait-timeout`: it waited as long as it may.
 */
export type RefusalReason = 'rate' | 'slots' | 'never' | 'queue-full' | 'wait-timeout';

/** Nothing was taken. */
export interface Refusal {
  readonly allowed: false;
  readonly reason: RefusalReason;
  /** The limit that refused. */
  readonly limit: Limit;
  /** Whose. */
  readonly subject: string;
  /** Whole milliseconds. Undefined where no time is known to help. */
  readonly retryAfterMs: number | undefined;
  readonly standings: readonly Standing[];
}

/** A {@link Refusal} as an error, for who waits. */
export class LimitExceeded extends Error implements Refusal {
  override readonly name = 'LimitExceeded';
  readonly allowed = false;
  readonly reason: RefusalReason;
  readonly limit: Limit;
  readonly subject: string;
  readonly retryAfterMs: number | undefined;
  readonly standings: readonly Standing[];
  /** How long it waited before it was refused. */
  readonly waitedMs: number;

  constructor(refusal: Refusal, waitedMs = 0) {
    super(`${refusal.limit.name}: ${WHY[refusal.reason]}`);
    this.reason = refusal.reason;
    this.limit = refusal.limit;
    this.subject = refusal.subject;
    this.retryAfterMs = refusal.retryAfterMs;
    this.standings = refusal.standings;
    this.waitedMs = waitedMs;
  }
}

const WHY: Readonly<Record<RefusalReason, string>> = {
  rate: 'too much in too short a time',
  slots: 'all slots are held',
  never: 'the cost is above what the limit ever allows at once',
  'queue-full': 'too many wait for a slot already',
  'wait-timeout': 'no slot came free in time',
};

/** What every call is told once the limiter is closed, and who waits then. */
export class LimiterClosed extends Error {
  override readonly name = 'LimiterClosed';

  constructor() {
    super('the limiter is closed');
  }
}

export function refusalOf(demands: readonly Demand[], refused: Refused): Refusal {
  const { limit, subject } = demands[refused.by]!;
  const { standings } = refused;
  const retryAfterMs = refused.retryAfterMs === undefined ? undefined : wholeMs(refused.retryAfterMs);
  const reason = limit.kind === 'slots' ? 'slots' : retryAfterMs === undefined ? 'never' : 'rate';
  return { allowed: false, reason, limit, subject, retryAfterMs, standings };
}

/** What is left of a millisecond counts as one, unless it is what floating point left behind. At least 1. */
export function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms - 1e-3));
}
