/** The longest time that a timer can be set for: 2^31 − 1 ms, about 24 days. */
const LONGEST_MS = 2_147_483_647;

/** @throws TypeError unless it is a whole number within the bounds */
export function whole(field: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new TypeError(`${field} must be a whole number ${bounds}, not ${shown(value)}`);
}

/** @throws TypeError unless it is a number above 0 that a timer can be set for */
export function duration(field: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_MS) return value;
  throw new TypeError(
    `${field} must be a number of milliseconds above 0 and at most ${LONGEST_MS}, not ${shown(value)}`,
  );
}

/** @throws TypeError unless it is above 0 and at most 1 */
export function rate(field: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw new TypeError(`${field} must be above 0 and at most 1, not ${shown(value)}`);
}

/** @throws TypeError unless it is a number within the bounds */
export function within(field: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new TypeError(`${field} must be a number from ${least} to ${most}, not ${shown(value)}`);
}

/** @throws TypeError unless it is text of 1 to 100 characters */
export function name(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= 100) return value;
  throw new TypeError(`${field} must be text of 1 to 100 characters, not ${shown(value)}`);
}

/** @throws TypeError unless it is a function or left out */
export function optionalFunction<T>(field: string, value: T): T {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`${field} must be a function, not ${shown(value)}`);
}

/** @throws TypeError unless it is an object */
export function object<T>(field: string, value: T): T {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(`${field} must be an object, not ${shown(value)}`);
}

/**
 * A misspelt option would be a protection that is silently not there.
 *
 * @throws TypeError unless it is an object that has none but these fields
 */
export function onlyFields(field: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(object(field, value)).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new TypeError(`${field}.${unknown} is no option; there are ${known.join(', ')}`);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 50));
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'an array' : 'an object';
}
