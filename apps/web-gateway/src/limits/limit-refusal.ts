import { DomainError } from '@purser/errors';
import type { Limit, Refusal } from '@purser/rate-limiting';
import { readName, type LimitedUnit, type LimitScope } from './limit-names.ts';

/** As it is set: `limits.requestsPerMinute`. */
const FIELDS: Readonly<Record<LimitedUnit, string>> = {
  requests: 'requestsPerMinute',
  tokens: 'tokensPerMinute',
  concurrency: 'concurrency',
};

const OWNERS: Readonly<Record<Exclude<LimitScope, 'provider'>, string>> = {
  key: 'this key',
  account: 'the account of this key, or one above it,',
  address: 'this address',
};

/**
 * What a request is told that a limit refuses. Its details: `limit` (`requestsPerMinute`, `tokensPerMinute`, `concurrency`),
 * `scope` (`key`, `account`, `provider`, `address`), and `retryAfterMs`, a whole number, or null where no time helps.
 *
 * @param provider the name of the provider that was chosen
 */
export function refusalError(
  refusal: Pick<Refusal, 'reason' | 'limit' | 'retryAfterMs'>,
  provider?: string,
): DomainError {
  const { scope, unit } = readName(refusal.limit.name);
  const owner = scope === 'provider' ? `the provider ${JSON.stringify(provider)}` : OWNERS[scope];
  const details = {
    limit: FIELDS[unit],
    scope,
    ...(scope === 'provider' ? { provider } : {}),
    retryAfterMs: refusal.reason === 'never' ? null : Math.ceil(refusal.retryAfterMs ?? BUSY_RETRY_MS),
  };
  return new DomainError('rate_limit_exceeded', messageOf(refusal, unit, owner), details);
}

/** Nobody knows when a slot comes free. */
const BUSY_RETRY_MS = 1_000;

function messageOf({ reason, limit }: Pick<Refusal, 'reason' | 'limit'>, unit: LimitedUnit, owner: string): string {
  const allowed = `${owner} may have ${amountOf(limit)}`;
  switch (reason) {
    case 'rate':
      return `Too many ${unit}: ${allowed} ${unit} a minute.`;
    case 'never':
      return `The prompt alone is longer than ever fits: ${allowed} tokens a minute. Trying again does not help.`;
    case 'queue-full':
      return `Too many requests wait already: ${allowed} at a time; try again shortly.`;
    default:
      return `No place came free in time: ${allowed} requests at a time; try again shortly.`;
  }
}

function amountOf(limit: Limit): number {
  return limit.kind === 'slots' ? limit.slots : Math.floor(limit.capacity);
}
