import { hash } from 'node:crypto';
import { CacheError } from '../core/errors.ts';
import { key, type KeyPart } from '../core/key.ts';
import type { CachedOptions, TagsOption } from './cached-options.ts';

type Called<T> = (...args: readonly unknown[]) => T;

/** Arguments longer than that are put into the key by their digest. */
const MAX_ARGUMENTS_CHARACTERS = 600;
const MAX_DEPTH = 64;

/** The tags of a call; its result is only made where they depend on it. */
export function tagsFor(tags: TagsOption = [], result: () => unknown, args: readonly unknown[]): readonly string[] {
  return typeof tags === 'function' ? (tags as unknown as Called<readonly string[]>)(result(), ...args) : tags;
}

/** Whether a call goes through the cache, as far as `condition` says. */
export function isCached({ condition }: CachedOptions, args: readonly unknown[]): boolean {
  return condition === undefined || (condition as unknown as Called<boolean>)(...args);
}

/** What an option's `keyGenerator` makes; `otherwise` where there is none; undefined: not cached this time. */
export function keyFor(
  { keyGenerator }: CachedOptions,
  args: readonly unknown[],
  otherwise: () => string,
): string | undefined {
  if (keyGenerator === undefined) return otherwise();
  const made = (keyGenerator as unknown as Called<string | readonly KeyPart[] | undefined>)(...args);
  return typeof made === 'object' ? key(...made) : made;
}

/**
 * The key of a call by its arguments: different ones make different keys.
 *
 * @throws CacheError `invalid_key`: an argument is not made of plain values, so that it can't be told from others
 */
export function callKey(type: string, method: string, args: readonly unknown[]): string {
  const given = args.slice(0, args.findLastIndex((argument) => argument !== undefined) + 1);
  const text = given
    .map((argument, index) => textOf(argument, `argument ${index + 1} of ${type}.${method}`, 0))
    .join(',');
  const part = text.length > MAX_ARGUMENTS_CHARACTERS ? `sha256-${hash('sha256', text, 'base64url')}` : `(${text})`;
  return key(type, method, part);
}

function textOf(value: unknown, where: string, depth: number): string {
  if (depth > MAX_DEPTH) throw refused(where, `is nested more than ${MAX_DEPTH} levels deep, or holds itself`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'null' : objectText(value, where, depth);
    default:
      throw refused(where, `is a ${typeof value}`);
  }
}

function objectText(value: object, where: string, depth: number): string {
  if (Array.isArray(value)) return `[${value.map((item, at) => textOf(item, `${where}[${at}]`, depth + 1)).join(',')}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof URLSearchParams) return `Query(${key(value)})`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return textOf((toJSON as () => unknown).call(value), where, depth + 1);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && prototype !== Object.prototype) {
    throw refused(where, `is a ${prototype.constructor.name}, whose state may be out of sight`);
  }
  const members = Object.entries(value as Record<string, unknown>)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${textOf(member, `${where}.${name}`, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function refused(where: string, problem: string): CacheError {
  return new CacheError('invalid_key', where, `${problem}: give @Cached a keyGenerator, or call it with plain values`);
}
