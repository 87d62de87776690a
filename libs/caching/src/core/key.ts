import { CacheError } from './errors.ts';
import { keptValue } from './values.ts';

/** What a key is made of. `null` and `undefined` are refused: they are mistakes more often than meant. */
export type KeyPart =
  string | number | bigint | boolean | Date | URLSearchParams | { readonly [name: string]: unknown };

/** The longest key, in UTF-16 units. */
export const MAX_KEY_LENGTH = 1_024;
/** The longest tag or namespace. */
export const MAX_NAME_LENGTH = 256;

const SEPARATOR = ':';

/**
 * Makes a key of parts: `key('account', 42, 'usage')` is `account:42:usage`. Parts that are written differently never make the
 * same key (42 and '42' are written alike): what separates parts is escaped within them. Objects and query parameters are written with their names in order, so that
 * `?a=1&b=2` and `?b=2&a=1` are one key. Members that are `undefined` are left out; strings are normalised (NFC).
 *
 * @throws CacheError `invalid_key`: no parts, an empty one, one that is null or undefined, or more than 1 024 characters
 */
export function key(...parts: readonly KeyPart[]): string {
  if (parts.length === 0) throw new CacheError('invalid_key', 'key', 'must have at least one part');
  return checkedKey(parts.map((part, index) => escaped(textOf(part, index))).join(SEPARATOR));
}

/** A key as it was given, if it may be one. @throws CacheError `invalid_key` */
export function checkedKey(value: string, field = 'key', maxLength = MAX_KEY_LENGTH): string {
  if (typeof value === 'string' && value !== '' && value.length <= maxLength && isText(value)) return value;
  const problem = `must be text of 1 to ${maxLength} characters without U+0000; it is ${described(value)}`;
  throw new CacheError('invalid_key', field, problem);
}

/** Halves of characters would be written as one and the same, and the entries of different keys be one. */
function isText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

function described(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  if (value === '') return 'empty';
  if (!value.isWellFormed()) return 'a string with half a character (a lone surrogate)';
  return value.includes('\0') ? 'a string with U+0000' : `${value.length} characters long`;
}

function textOf(part: KeyPart, index: number): string {
  const text = plainTextOf(part);
  if (text !== undefined && text !== '') return text;
  const problem = `must be a string that is not empty, a number, a boolean, a Date, an object or query parameters`;
  throw new CacheError('invalid_key', `key part ${index + 1}`, problem);
}

function plainTextOf(part: unknown): string | undefined {
  switch (typeof part) {
    case 'string':
      return part.normalize();
    case 'number':
    case 'bigint':
    case 'boolean':
      return Number.isNaN(part) ? undefined : String(part);
    case 'object':
      if (part === null) return undefined;
      if (part instanceof Date) return Number.isNaN(part.getTime()) ? undefined : part.toISOString();
      // Sorted by name alone: the order of values of one name means something.
      if (part instanceof URLSearchParams) return sortedQuery(part) || '?';
      return ordered(part);
    default:
      return undefined;
  }
}

/** Query parameters in the order of their names. */
export function sortedQuery(query: URLSearchParams): string {
  const sorted = new URLSearchParams();
  for (const [name, value] of query) sorted.append(name.normalize(), value.normalize());
  sorted.sort();
  return sorted.toString();
}

/** JSON with the names of objects in order. What JSON would leave out may be what tells two parts from each other. */
function ordered(part: object): string {
  return JSON.stringify(carried(part), (_name, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  }).normalize();
}

function carried(part: object): unknown {
  try {
    return keptValue(part).value;
  } catch (cause) {
    if (!(cause instanceof CacheError)) throw cause;
    throw new CacheError('invalid_key', 'key', `must be what JSON can carry: ${cause.message}`, { cause });
  }
}

function escaped(part: string): string {
  return part.replace(/[%:\0]/g, (character) => ESCAPES[character]!);
}

const ESCAPES: Readonly<Record<string, string>> = { '%': '%25', ':': '%3A', '\0': '%00' };
