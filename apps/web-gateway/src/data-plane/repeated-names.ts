import { invalidField } from '@purser/errors';
import type { ByteRange } from '../json/scan-top-level.ts';
import { COLON, QUOTE, stringEnd } from '../json/tokens.ts';

/**
 * Refuses a value in which an object holds a name twice: Purser would read the last of the two, and a provider might read
 * the first. Names in the bytes are counted against those that the parser kept.
 *
 * @param body of which `range` holds the JSON text of `value`
 * @throws DomainError `invalid_request`
 */
export function refuseRepeatedNames(body: Buffer, range: ByteRange | undefined, value: unknown, field: string): void {
  if (range === undefined || namesIn(body, range) === namesOf(value)) return;
  throw invalidField(field, 'must not hold an object with the same name twice');
}

function namesIn(body: Buffer, { start, end }: ByteRange): number {
  let names = 0;
  for (let position = start; position < end;) {
    const byte = body[position];
    if (byte === COLON) names += 1;
    position = byte === QUOTE ? stringEnd(body, position) : position + 1;
  }
  return names;
}

function namesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let names = 0;
  if (Array.isArray(value)) {
    for (const item of value) names += namesOf(item);
    return names;
  }
  // The parser makes own properties only, `__proto__` among them.
  for (const name in value) names += 1 + namesOf((value as Record<string, unknown>)[name]);
  return names;
}
