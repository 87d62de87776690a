/**
 * An amount of money in nano-dollars (1e-9 USD), or a price in nano-dollars per million tokens.
 * A `bigint`, so that sums and products are exact.
 */
export type Nanos = bigint;

/** One US dollar in nano-dollars. */
export const NANOS_PER_USD: Nanos = 1_000_000_000n;

/**
 * The largest amount that may come in from outside: one billion dollars. A 64-bit column holds nine times as much, so
 * that adding a few amounts in the database can't overflow.
 */
export const MAX_USD_NANOS: Nanos = 1_000_000_000n * NANOS_PER_USD;

const MAX_INT64 = 9_223_372_036_854_775_807n;
const USD_PATTERN = /^(-?)(0|[1-9]\d{0,9})(?:\.(\d{1,9}))?$/;
const NANOS_PATTERN = /^(?:0|-?[1-9]\d{0,18})$/;
const SHOWN_CHARACTERS = 40;

/** An amount that was read from outside is not one. The message says what was read and what is allowed. */
export class MoneyFormatError extends RangeError {
  override readonly name = 'MoneyFormatError';
  /** What was read. */
  readonly received: unknown;
  /** What would have been accepted, as a clause that can follow a field's name and a colon. */
  readonly allowed: string;

  constructor(received: unknown, allowed: string) {
    super(`${describe(received)} is not an amount of money: ${allowed}`);
    this.received = received;
    this.allowed = allowed;
  }
}

/** Options of {@link parseUsd}. */
export interface ParseUsdOptions {
  /** Accept a leading minus. Default false. */
  readonly signed?: boolean;
}

/**
 * Reads a decimal string of US dollars, such as `"0.000123"` or `"1.00"`, exactly.
 *
 * Accepted are digits with at most nine decimals after a point, at most one billion dollars; no exponent, no plus, no
 * white space, no leading zeros, and a minus only where `signed` says so. Numbers are refused: a float is not exact.
 *
 * @throws {MoneyFormatError} for anything else
 */
export function parseUsd(text: string, options: ParseUsdOptions = {}): Nanos {
  const match = typeof text === 'string' && text.length <= SHOWN_CHARACTERS ? USD_PATTERN.exec(text) : null;
  if (match === null) throw new MoneyFormatError(text, whatUsdAllows(text, options));
  const magnitude = BigInt(match[2]! + (match[3] ?? '').padEnd(9, '0'));
  if (magnitude > MAX_USD_NANOS) throw new MoneyFormatError(text, whatUsdAllows(text, options));
  if (match[1] === '') return magnitude;
  if (!options.signed) throw new MoneyFormatError(text, 'it must not be negative');
  return -magnitude;
}

/**
 * Prints nano-dollars as a decimal string of US dollars in its shortest exact form: no trailing zeros, no exponent,
 * `"0"` for nothing. `parseUsd(formatUsd(n)) === n` for every amount that {@link parseUsd} can give.
 */
export function formatUsd(nanos: Nanos): string {
  const negative = nanos < 0n;
  const digits = (negative ? -nanos : nanos).toString().padStart(10, '0');
  const decimals = digits.slice(-9).replace(/0+$/, '');
  const usd = `${negative ? '-' : ''}${digits.slice(0, -9)}`;
  return decimals === '' ? usd : `${usd}.${decimals}`;
}

/**
 * Reads nano-dollars from the form that services send each other: a canonical decimal integer within 64 bits, which may
 * be negative.
 *
 * @throws {MoneyFormatError} for anything else
 */
export function parseNanos(text: string): Nanos {
  const nanos = typeof text === 'string' && NANOS_PATTERN.test(text) ? BigInt(text) : undefined;
  if (nanos === undefined || nanos > MAX_INT64 || nanos < -MAX_INT64) {
    throw new MoneyFormatError(text, 'nano-dollars are a string of a whole number within 64 bits, such as "123000"');
  }
  return nanos;
}

/** Prints nano-dollars in the form that {@link parseNanos} reads. */
export function formatNanos(nanos: Nanos): string {
  return nanos.toString();
}

function whatUsdAllows(text: unknown, options: ParseUsdOptions): string {
  if (typeof text === 'string' && /^-?\d{1,20}\.\d{10,}$/.test(text)) {
    return 'it goes below a nano-dollar; at most 9 decimals are allowed';
  }
  if (typeof text === 'string' && /^-?[1-9]\d{9,}(\.\d+)?$/.test(text)) {
    return `at most ${formatUsd(MAX_USD_NANOS)} USD is allowed`;
  }
  const sign = options.signed ? ', optionally with a leading minus' : ' that is not negative';
  return `it must be a string of decimal digits${sign}, with at most 9 decimals and no exponent, such as "0.000123"`;
}

function describe(received: unknown): string {
  if (typeof received !== 'string') return `A value of type ${received === null ? 'null' : typeof received}`;
  const shown = received.length > SHOWN_CHARACTERS ? `${received.slice(0, SHOWN_CHARACTERS)}…` : received;
  return JSON.stringify(shown);
}
