import { Durations } from './durations.ts';
import type { PoolStats } from './pool.ts';

/** What a pool is at the moment of asking. */
export interface PoolGauges {
  readonly pool: string;
  readonly count: PoolStats['count'];
  readonly idleMin: number;
  readonly idleMax: number;
  readonly max: number;
  readonly pendingRequests: number;
  readonly connecting: number;
}

/** What a pool counts. An implementation of {@link Pool} counts into one of these and shows it by `stats`. */
export class PoolStatistics {
  readonly createTime = new Durations();
  readonly waitTime = new Durations();
  readonly useTime = new Durations();
  timeouts = 0;
  createFailures = 0;
  destroyed = 0;
  exhausted = 0;
  refused = 0;
  leaks = 0;
  failedChecks = 0;
  health: PoolStats['health'] = null;

  stats(gauges: PoolGauges): PoolStats {
    const createTime = this.createTime.stats();
    const { timeouts, createFailures, destroyed, exhausted, refused, leaks, failedChecks, health } = this;
    return {
      ...gauges,
      timeouts,
      createTime,
      waitTime: this.waitTime.stats(),
      useTime: this.useTime.stats(),
      created: createTime.count,
      createFailures,
      destroyed,
      exhausted,
      refused,
      leaks,
      failedChecks,
      health,
    };
  }
}
