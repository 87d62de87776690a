import type { AnswerCache } from '../answer-cache/answer-cache.ts';
import type { LeaseBook } from '../leases/lease-book.ts';
import type { TrafficLimits } from '../limits/traffic-limits.ts';
import type { ProviderEndpoints } from '../providers/provider-endpoint.ts';
import type { ProviderResilience } from '../providers/provider-resilience.ts';
import type { Attempts } from '../settlement/attempts.ts';
import type { DataPlaneOptions } from './data-plane-options.ts';

/** What every exchange works with. */
export interface DataPlaneServices {
  readonly reservations: Pick<LeaseBook, 'reserve' | 'remainingNanos'>;
  readonly attempts: Pick<Attempts, 'open' | 'record'>;
  readonly limits: Pick<TrafficLimits, 'admit'>;
  readonly endpoints: ProviderEndpoints;
  readonly resilience: ProviderResilience;
  readonly answers: AnswerCache;
  readonly options: DataPlaneOptions;
}
