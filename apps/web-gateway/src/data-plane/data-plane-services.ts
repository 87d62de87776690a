import type { AnswerCache } from '../answer-cache/answer-cache.ts';
import type { LeaseBook } from '../leases/lease-book.ts';
import type { ProviderEndpoints } from '../providers/provider-endpoint.ts';
import type { ProviderSlots } from '../providers/provider-slots.ts';
import type { Attempts } from '../settlement/attempts.ts';
import type { DataPlaneOptions } from './data-plane-options.ts';

/** What every exchange works with. */
export interface DataPlaneServices {
  readonly reservations: Pick<LeaseBook, 'reserve' | 'remainingNanos'>;
  readonly attempts: Pick<Attempts, 'open' | 'record'>;
  readonly slots: ProviderSlots;
  readonly endpoints: ProviderEndpoints;
  readonly answers: AnswerCache;
  readonly options: DataPlaneOptions;
}
