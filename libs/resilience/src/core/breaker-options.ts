import { duration, name, onlyFields, optionalFunction, rate, whole, within } from './check.ts';
import { systemClock, type Clock, type Random } from './clock.ts';

/** When a {@link CircuitBreaker} opens, and how it closes again. */
export interface BreakerOptions {
  /** Whom {@link BreakerOpen} names. Default `call`. */
  readonly name?: string;
  /** It opens where at least this share of the calls in the window failed. Default 0.5. */
  readonly failureRate?: number;
  /** A call is slow that takes at least this long, or is still out after it. Default: none is. */
  readonly slowCallMs?: number;
  /** It opens where at least this share of the calls in the window were slow. Default 0.5; goes with `slowCallMs`. */
  readonly slowCallRate?: number;
  /** Fewer calls in the window say nothing. Default 20. */
  readonly minimumCalls?: number;
  /** How far back calls count, to a tenth of it more. Default 10 000. */
  readonly windowMs?: number;
  /** For how long it opens the first time. Default 1 000. */
  readonly openMs?: number;
  /** For how long it opens at most: each time a probe fails, `growth` times as long as before. Default 30 000. */
  readonly maxOpenMs?: number;
  /** From 1 to 10. Default 2. */
  readonly growth?: number;
  /** Up to this share of the time that it is open is left out by chance, so that not everybody probes at once. Default 0.2. */
  readonly jitter?: number;
  /** How many probes may be out at once. Other calls are refused meanwhile; they never wait. Default 1. */
  readonly probes?: number;
  /** How many probes have to succeed, none failing, before it closes. Default 1. */
  readonly successesToClose?: number;
  /** A probe that has not come back after this long, or after `slowCallMs`, has failed. Default 60 000. */
  readonly probeTimeoutMs?: number;
  /**
   * Whether an error speaks against the dependency: one that says "no such item" speaks for it, and undefined says that it
   * speaks for neither. Default: every error does.
   */
  readonly isFailure?: (error: unknown) => boolean | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Options with what was left out filled in. */
export type CompiledBreaker = Required<BreakerOptions>;

const FIELDS = [
  ...['name', 'failureRate', 'slowCallMs', 'slowCallRate', 'minimumCalls', 'windowMs', 'openMs', 'maxOpenMs'],
  ...['growth', 'jitter', 'probes', 'successesToClose', 'probeTimeoutMs', 'isFailure', 'clock', 'random'],
];

/** @throws TypeError naming the field, with `field` before it */
export function compileBreaker(options: BreakerOptions, field = 'breaker'): CompiledBreaker {
  onlyFields(field, options, FIELDS);
  const of = (option: keyof BreakerOptions) => `${field}.${option}`;
  const openMs = duration(of('openMs'), options.openMs ?? 1_000);
  const maxOpenMs = duration(of('maxOpenMs'), options.maxOpenMs ?? Math.max(30_000, openMs));
  if (maxOpenMs < openMs)
    throw new TypeError(`${of('maxOpenMs')} must be at least openMs, ${openMs}, not ${maxOpenMs}`);
  if (options.slowCallRate !== undefined && options.slowCallMs === undefined) {
    throw new TypeError(`${of('slowCallRate')} needs slowCallMs, which says which calls are slow`);
  }
  return Object.freeze({
    name: name(of('name'), options.name ?? 'call'),
    failureRate: rate(of('failureRate'), options.failureRate ?? 0.5),
    slowCallMs: options.slowCallMs === undefined ? Infinity : duration(of('slowCallMs'), options.slowCallMs),
    slowCallRate: rate(of('slowCallRate'), options.slowCallRate ?? 0.5),
    minimumCalls: whole(of('minimumCalls'), options.minimumCalls ?? 20, 1),
    windowMs: duration(of('windowMs'), options.windowMs ?? 10_000),
    openMs,
    maxOpenMs,
    growth: within(of('growth'), options.growth ?? 2, 1, 10),
    jitter: within(of('jitter'), options.jitter ?? 0.2, 0, 0.9),
    probes: whole(of('probes'), options.probes ?? 1, 1, 1_000),
    successesToClose: whole(of('successesToClose'), options.successesToClose ?? 1, 1, 1_000),
    probeTimeoutMs: duration(of('probeTimeoutMs'), options.probeTimeoutMs ?? 60_000),
    isFailure: optionalFunction(of('isFailure'), options.isFailure) ?? (() => true),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  });
}
