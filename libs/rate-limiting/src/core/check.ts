const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** Of numbers in limits and of what is taken of them: sums of them stay exact. */
export const MOST = 1e12;

/** @throws TypeError naming the field */
export function wholeAtLeast1(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw new TypeError(`${field} must be a whole number from 1 to 1e12, not ${String(value)}`);
}

/** @throws TypeError naming the field */
export function finiteAbove0(field: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= MOST) return value;
  throw new TypeError(`${field} must be a number above 0 and at most 1e12, not ${String(value)}`);
}

/** @throws TypeError naming the field */
export function text(field: string, value: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value;
  throw new TypeError(`${field} must be 1 to 64 of a-z 0-9 - , not ${JSON.stringify(value)}`);
}
