import { isTimeZone, MoneyFormatError, parseUsd } from '@purser/money';
import { z } from 'zod';

/** An id as Purser makes them (UUID version 7), brought to lower case, so that equal ids are equal texts. */
export const id = z.uuid({ error: 'must be an id (a UUID)' }).toLowerCase();

const notAnInstant = 'must be an ISO 8601 time, such as 2026-01-31T12:00:00Z, 2026-01-31T13:00+01:00 or 2026-01-31';

/**
 * An instant: an ISO 8601 time in UTC or with its offset, or a date alone, which is its midnight in UTC. Read as a time in
 * UTC, in the years 0000 to 9999.
 */
export const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 }), z.iso.date()], {
    error: notAnInstant,
  })
  .refine((text) => /^\d{4}-/.test(inUtc(text)), notAnInstant)
  .overwrite(inUtc);

/** What ends in seconds and Z says already what it means, with all its digits. */
function inUtc(text: string): string {
  return /:\d\d:\d\d(\.\d+)?Z$/.test(text) ? text : new Date(text).toISOString();
}

/** Nano-dollars between services: an integer as a decimal string, so that no JSON number loses digits. */
export const nanos = z.string().regex(/^(0|-?[1-9]\d{0,37})$/, 'must be an integer number of nano-dollars as a string');

/** Nano-dollars that one attempt may cost: at most a billion USD. */
export const attemptNanos = z.string().regex(/^(0|[1-9]\d{0,17}|10{18})$/, 'must be at most 10^18 nano-dollars');

/** Nano-dollars that can't be negative. */
export const positiveNanos = z.string().regex(/^(0|[1-9]\d{0,37})$/, 'must be a non-negative integer as a string');

/** Money at the edge: decimal USD as a string, at most nine decimals. */
export const usd = z.string().superRefine((text, context) => {
  try {
    parseUsd(text);
  } catch (error) {
    if (!(error instanceof MoneyFormatError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** A label for people: 1 to 200 characters without control characters. */
export const label = z
  .string('must be a string of 1 to 200 characters')
  .trim()
  .min(1, 'must have 1 to 200 characters')
  .max(200, 'must have 1 to 200 characters')
  // eslint-disable-next-line no-control-regex -- control characters are just what is refused
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters');

/** The name of a provider: it stands before the slash in `provider/model`. */
export const providerName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit');

/** The name of a route: what clients send as `model`, so it holds no slash. */
export const routeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ : @ - and hold no slash');

/** A provider's own name of a model; it may hold slashes. */
export const modelName = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces');

/** A count of tokens. */
export const tokenCount = z.int('must be a whole number of tokens').min(0, 'must be at least 0').max(1_000_000_000);

/** A positive count of tokens that a model or request may be limited to. */
export const tokenLimit = z
  .int('must be a whole number of tokens')
  .min(1, 'must be at least 1')
  .max(100_000_000, 'must be at most 100 000 000');

/** A time zone of the IANA database. */
export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'must be a time zone of the IANA database, such as Europe/Berlin');

/** A text to look for. PostgreSQL can't hold NUL, so nothing that is stored has one. */
export const searchText = z
  .string()
  .max(300, 'must have at most 300 characters')
  .regex(/^[^\0]*$/, 'must not hold the character NUL');

/** Where another server is. */
export const httpUrl = z
  .string()
  .max(500, 'must have at most 500 characters')
  .refine(isHttpUrl, 'must be an http or https URL without user name, query or fragment');

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return !!url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
}

/** A secret sealed under the master key (AES-256-GCM); the only form in which it leaves the gateway. */
export const sealedSecret = z.string().max(16_384);
