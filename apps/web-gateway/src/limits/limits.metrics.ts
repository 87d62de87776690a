import type { MetricFamily } from '@purser/health';
import type { OpenedLimiter } from './open-limiter.ts';
import type { TrafficLimits } from './traffic-limits.ts';

/** What `/metrics` tells of limits beside what the limiter counts. @param share the part that a gateway holds by itself */
export function limitMetrics({ shared }: OpenedLimiter, limits: TrafficLimits, share: number): readonly MetricFamily[] {
  const own = [
    one('gateway_requests_refused_early_total', 'counter', 'Refused for what was known already.', limits.refusedEarly),
    one('gateway_limits_share', 'gauge', 'The part of each limit that this gateway enforces by itself.', share),
  ];
  if (shared === undefined) return own;
  const { awaySince, timesAway, localDecisions } = shared.statistics();
  return [
    ...own,
    one('gateway_limits_shared_store_up', 'gauge', 'Whether Redis is there.', awaySince === undefined),
    one('gateway_limits_shared_store_away_total', 'counter', 'How often Redis went away.', timesAway),
    one('gateway_limits_local_decisions_total', 'counter', 'Decided by the share, Redis being away.', localDecisions),
  ];
}

function one(name: string, type: MetricFamily['type'], help: string, value: number | boolean): MetricFamily {
  return { name, help, type, samples: [{ labels: {}, value }] };
}
