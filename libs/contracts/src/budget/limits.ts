import { z } from 'zod';

/** The most requests or tokens that a minute may be limited to. */
export const MOST_PER_MINUTE = 1_000_000_000;
/** The most requests that may be under way at a time, of one key or account, or at one provider. */
export const MOST_CONCURRENCY = 10_000;

const PER_MINUTE = 'must be a whole number from 1 to 1 000 000 000; leave it out for no limit';
const CONCURRENCY = 'must be a whole number from 1 to 10 000; leave it out for no limit';
const NO_LIMITS = 'must be an object of limits, or null for none';

const perMinute = z.int(PER_MINUTE).min(1, PER_MINUTE).max(MOST_PER_MINUTE, PER_MINUTE).optional();
const rates = { requestsPerMinute: perMinute, tokensPerMinute: perMinute };
const slots = { concurrency: z.int(CONCURRENCY).min(1, CONCURRENCY).max(MOST_CONCURRENCY, CONCURRENCY).optional() };

/** No limit at all is stored in one way. */
function noneAsNull<T extends object>(limits: T | null): T | null {
  return limits === null || Object.keys(limits).length === 0 ? null : limits;
}

/** What a key or an account may be limited to, as it is set; `{}` is read as null. */
export const callerLimitsInput = z
  .strictObject({ ...rates, ...slots }, { error: (issue) => (issue.code === 'invalid_type' ? NO_LIMITS : undefined) })
  .nullable()
  .transform(noneAsNull);

/** What a provider may be limited to beside its `concurrency`, as it is set; `{}` is read as null. */
export const providerLimitsInput = z
  .strictObject(rates, { error: (issue) => (issue.code === 'invalid_type' ? NO_LIMITS : undefined) })
  .nullable()
  .transform(noneAsNull);

const readRates = { requestsPerMinute: z.int().optional(), tokensPerMinute: z.int().optional() };

/** The limits of a key or an account; null: none. Services of before they were there do not name them. */
export const callerLimits = z
  .object({ ...readRates, concurrency: z.int().optional() })
  .nullable()
  .default(null);
/** The limits of a key or an account. */
export type CallerLimits = NonNullable<z.output<typeof callerLimits>>;

/** The limits of a provider; null: none. Services of before they were there do not name them. */
export const providerLimits = z.object(readRates).nullable().default(null);
/** The limits of a provider beside its `concurrency`. */
export type ProviderLimits = NonNullable<z.output<typeof providerLimits>>;
