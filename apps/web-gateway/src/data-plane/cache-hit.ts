import type { Caller } from '../authentication/caller.ts';
import type { Target } from '../configuration/snapshot.ts';
import type { DataPlaneServices } from './data-plane-services.ts';
import { newUsageId } from './usage-id.ts';

/** A request that a kept answer is for. */
export interface CacheHit {
  readonly caller: Caller;
  readonly requestId: string;
  /** Whose answer it is. */
  readonly target: Target;
  readonly route: string;
  /** Since the request came. */
  readonly latencyMs: number;
}

/**
 * Records a hit as attempts are recorded: resolves when it is in the journal, from where it becomes a usage row. It used no
 * tokens, cost nothing, and is paid from no budget.
 *
 * @throws DomainError (as a rejection) `unavailable` where it can't be written: then the client must not be answered
 */
export async function recordHit({ reservations, attempts }: DataPlaneServices, hit: CacheHit): Promise<void> {
  const { caller, target } = hit;
  const open = {
    usageId: newUsageId(),
    bound: '0',
    leases: [],
    priceVersion: target.model.price.version,
    at: new Date().toISOString(),
    requestId: hit.requestId,
    attempt: 1,
    accountId: caller.accountId,
    keyId: caller.keyId,
    provider: target.provider.name,
    model: target.model.name,
    route: hit.route,
    cache: 'HIT' as const,
  };
  const close = {
    cost: '0',
    usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 },
    status: 200,
    reason: 'ok' as const,
    estimated: false,
    latencyMs: hit.latencyMs,
    firstByteMs: null,
  };
  await attempts.record(await reservations.reserve([], 0n), open, close);
}
