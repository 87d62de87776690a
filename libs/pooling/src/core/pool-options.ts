import { systemClock, type PoolClock } from './clock.ts';
import { PoolOptionError } from './errors.ts';
import type { PoolNumbers } from './numbers.ts';

/** A lease that is out for longer than `leakAfterMs`. */
export interface LeakReport {
  readonly pool: string;
  readonly heldMs: number;
  /** Where it was acquired; empty where that was not kept. */
  readonly stack: string;
}

/** What went wrong where nobody waits for it. */
export interface PoolProblem {
  readonly pool: string;
  readonly during: 'create' | 'check' | 'release' | 'destroy' | 'health check' | 'callback';
  readonly error: unknown;
  readonly numbers: PoolNumbers;
}

/** Callers wait because all are in use. */
export interface ExhaustedReport extends PoolNumbers {
  readonly pool: string;
  /** Acquires that had to wait for that reason since the report before. */
  readonly acquires: number;
}

/** How many, how long, and who is told. Times are milliseconds. */
export interface PoolOptions {
  /** Stands in metrics, logs and errors. */
  readonly name: string;
  /** Kept open, also when nobody needs them. Default 0. */
  readonly min?: number;
  /** Open or on their way at most. Default 10. */
  readonly max?: number;
  /** Callers that may wait. Default 1 000. */
  readonly queueMax?: number;
  /** How long a caller waits, where it does not say. Default 5 000. */
  readonly acquireTimeoutMs?: number;
  /** How long one `create` may take; the caller's wait is another matter. Default 5 000. */
  readonly createTimeoutMs?: number;
  /** `create` calls at the same time. One only while the latest failed. Default 8. */
  readonly createsAtOnce?: number;
  /** Before the next `create` after a failed one: a random time below this, doubled with each failure. Default 100. */
  readonly retryBaseMs?: number;
  /** That time at most. Default 5 000. */
  readonly retryMaxMs?: number;
  /** One that was idle for longer is checked before it is lent. Default 30 000. */
  readonly checkAfterIdleMs?: number;
  /** How long one check may take. Default 1 000. */
  readonly checkTimeoutMs?: number;
  /** One that was idle for longer is destroyed, down to `min`. Default 60 000. */
  readonly idleTimeoutMs?: number;
  /** Nothing is lent that is older. Default 1 800 000. */
  readonly maxLifeMs?: number;
  /** Share of `maxLifeMs` that is left to chance, so that not all end at once. Default 0.2. */
  readonly lifeJitter?: number;
  /** A lease out for longer is reported. Default: none is, and no stack is kept. */
  readonly leakAfterMs?: number;
  /** One acquire in so many keeps its stack for that, which costs ten times the acquire. Default 1. */
  readonly leakStackEvery?: number;
  /** Between health checks. Default: none by itself. */
  readonly healthCheckEveryMs?: number;
  /** Between two reports of the same exhaustion. Default 10 000. */
  readonly exhaustedEveryMs?: number;
  /** Told that callers have to wait because `max` is reached. */
  readonly onExhausted?: (report: ExhaustedReport) => void;
  /** Told of a lease that is out too long, once. */
  readonly onLeak?: (report: LeakReport) => void;
  /** Told of what failed and nobody waits for; also of what other callbacks throw. What it throws itself is dropped. */
  readonly onProblem?: (problem: PoolProblem) => void;
  /** Default: the process's own time. */
  readonly clock?: PoolClock;
  /** At least 0, below 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** {@link PoolOptions} with every default filled in. */
export type ResolvedPoolOptions = Required<Omit<PoolOptions, 'leakAfterMs' | 'healthCheckEveryMs'>> &
  Pick<PoolOptions, 'leakAfterMs' | 'healthCheckEveryMs'>;

/** What a timer of Node can wait at most. */
export const LONGEST_TIMER_MS = 0x7fff_ffff;

const DEFAULTS = {
  min: 0,
  max: 10,
  queueMax: 1_000,
  acquireTimeoutMs: 5_000,
  createTimeoutMs: 5_000,
  createsAtOnce: 8,
  retryBaseMs: 100,
  retryMaxMs: 5_000,
  checkAfterIdleMs: 30_000,
  checkTimeoutMs: 1_000,
  idleTimeoutMs: 60_000,
  maxLifeMs: 1_800_000,
  lifeJitter: 0.2,
  exhaustedEveryMs: 10_000,
  leakStackEvery: 1,
  onExhausted: () => {},
  onLeak: () => {},
  onProblem: () => {},
  clock: systemClock,
  random: Math.random,
};

const WHOLE = { min: 0, max: 1, queueMax: 1, createsAtOnce: 1, leakStackEvery: 1 } as const;
const TIMES = [
  ...(['acquireTimeoutMs', 'createTimeoutMs', 'retryBaseMs', 'retryMaxMs', 'checkTimeoutMs', 'idleTimeoutMs'] as const),
  ...(['maxLifeMs', 'exhaustedEveryMs', 'leakAfterMs', 'healthCheckEveryMs'] as const),
];

/** @throws PoolOptionError naming the option that is out of its bounds */
export function resolvePoolOptions(given: PoolOptions): ResolvedPoolOptions {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options: ResolvedPoolOptions = { ...DEFAULTS, ...(set as { name: string }) };
  if (typeof options.name !== 'string' || options.name === '') throw new PoolOptionError('name', 'must not be empty');
  for (const [field, least] of Object.entries(WHOLE) as [keyof typeof WHOLE, number][]) {
    const value = options[field];
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new PoolOptionError(field, `must be a whole number of at least ${least}, not ${value}`);
  }
  if (options.min > options.max) {
    throw new PoolOptionError('min', `must not be above max, which is ${options.max}, and is ${options.min}`);
  }
  for (const field of TIMES) if (options[field] !== undefined) checkMs(field, options[field], 1);
  checkMs('checkAfterIdleMs', options.checkAfterIdleMs, 0);
  if (!(options.lifeJitter >= 0 && options.lifeJitter <= 0.9)) {
    throw new PoolOptionError('lifeJitter', `must be from 0 to 0.9, not ${options.lifeJitter}`);
  }
  return options;
}

/** @throws PoolOptionError */
export function checkMs(field: string, value: unknown, least: number): void {
  if (typeof value === 'number' && value >= least && value <= LONGEST_TIMER_MS) return;
  throw new PoolOptionError(field, `must be milliseconds from ${least} to ${LONGEST_TIMER_MS}, not ${String(value)}`);
}
