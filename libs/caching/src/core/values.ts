import { types } from 'node:util';
import { CacheError } from './errors.ts';

/** A value as the cache keeps it. */
export interface KeptValue {
  /** A deep copy, frozen: the same for all who read it, and out of reach of who gave it. */
  readonly value: unknown;
  /** About what it takes in memory, where nobody else holds a part of it. */
  readonly bytes: number;
}

/** How deep a value may be nested: deeper than any real one, and less than a stack holds. */
const MAX_DEPTH = 512;
/** Larger than what any tier should hold. */
const MAX_BYTES = 100_000_000;
/** Lists and objects. What names one part of itself many times over would not end. */
const MAX_PARTS = 1_000_000;

/**
 * The copy of a value that reading its JSON would give, frozen. What JSON would lose or change without a word is refused.
 *
 * @throws CacheError `invalid_value`, naming where: a function, a symbol, a BigInt, NaN or an infinity, undefined in a list,
 * a Map, a Set, a promise, an error or bytes, a cycle; and what is larger than 100 MB or a million lists and objects. Members
 * of objects that are undefined are left out, as JSON does.
 */
export function keptValue(value: unknown): KeptValue {
  const copying = new Copying();
  const copy = copying.copy(value, 0);
  return { value: copy, bytes: copying.bytes };
}

/** A value from its JSON. */
export function parsedValue(json: string): KeptValue {
  const value: unknown = JSON.parse(json);
  return { value, bytes: frozenBytes(value) };
}

class Copying {
  bytes = 0;
  #parts = 0;
  /** What leads to the value at hand, by depth: a path is made of it only where something is refused. */
  readonly #names: (string | number | undefined)[] = [];

  copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.bytes += stringBytes(value);
        return value;
      case 'number':
        if (!Number.isFinite(value)) throw this.#refused(depth, `${value}`);
        this.bytes += numberBytes(value);
        // JSON has no -0.
        return value === 0 ? 0 : value;
      case 'boolean':
        return value;
      case 'object':
        return value === null ? value : this.#object(value, depth);
      default:
        throw this.#refused(depth, NAMES[typeof value] ?? typeof value);
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#refused(depth, `nested more than ${MAX_DEPTH} levels deep, or holds itself`);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function' && !Buffer.isBuffer(value)) {
      this.#names[depth] = undefined;
      return this.copy((toJSON as () => unknown).call(value), depth + 1);
    }
    if (Array.isArray(value)) return this.#list(value, depth);
    const kind = kindOf(value);
    if (kind !== undefined) throw this.#refused(depth, kind);
    return this.#members(value as Record<string, unknown>, depth);
  }

  #grow(bytes: number): void {
    this.bytes += bytes;
    this.#parts += 1;
    if (this.bytes <= MAX_BYTES && this.#parts <= MAX_PARTS) return;
    const problem = `must be at most ${MAX_BYTES} bytes and ${MAX_PARTS} lists and objects`;
    throw new CacheError('invalid_value', 'value', problem);
  }

  #list(list: readonly unknown[], depth: number): unknown {
    this.#grow(listBytes(list.length));
    const copy = new Array<unknown>(list.length);
    for (let index = 0; index < list.length; index++) {
      this.#names[depth] = index;
      copy[index] = this.copy(list[index], depth + 1);
    }
    return Object.freeze(copy);
  }

  #members(members: Readonly<Record<string, unknown>>, depth: number): unknown {
    const copy: Record<string, unknown> = {};
    const names = Object.keys(members);
    this.#grow(objectBytes(names.length));
    for (const name of names) {
      const member = members[name];
      if (member === undefined) continue;
      this.bytes += name.length;
      this.#names[depth] = name;
      const copied = this.copy(member, depth + 1);
      if (name === '__proto__') Object.defineProperty(copy, name, { value: copied, enumerable: true });
      else copy[name] = copied;
    }
    return Object.freeze(copy);
  }

  #refused(depth: number, what: string): CacheError {
    const path = this.#names.slice(0, depth).map((name) => {
      if (name === undefined) return '';
      return typeof name === 'number' ? `[${name}]` : `.${name}`;
    });
    return refused(`value${path.join('')}`, what);
  }
}

/** What JSON would make an empty object of. */
function kindOf(value: object): string | undefined {
  // Most are plain, which takes a fraction of asking for each kind.
  if (Object.getPrototypeOf(value) === Object.prototype) return undefined;
  if (types.isPromise(value)) return 'a promise: await it first';
  if (types.isMap(value)) return 'a Map';
  if (types.isSet(value)) return 'a Set';
  if (types.isWeakMap(value) || types.isWeakSet(value)) return 'a weak collection';
  if (types.isRegExp(value)) return 'a RegExp';
  if (types.isNativeError(value)) return 'an Error';
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return 'bytes';
  return undefined;
}

const NAMES: Readonly<Record<string, string>> = {
  function: 'a function',
  symbol: 'a symbol',
  bigint: 'a BigInt',
  undefined: 'undefined',
};

function refused(path: string, what: string): CacheError {
  const where = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new CacheError('invalid_value', where, `is ${what}: must be what JSON can carry as it is`);
}

/** Freezes a value that JSON was read into. @returns about what it takes in memory */
function frozenBytes(value: unknown): number {
  if (typeof value === 'string') return stringBytes(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value !== 'object' || value === null) return 0;
  let bytes: number;
  if (Array.isArray(value)) {
    bytes = listBytes(value.length);
    for (const item of value) bytes += frozenBytes(item);
  } else {
    const names = Object.keys(value);
    bytes = objectBytes(names.length);
    for (const name of names) bytes += name.length + frozenBytes((value as Record<string, unknown>)[name]);
  }
  Object.freeze(value);
  return bytes;
}

// What V8 takes on 64 bits, beyond the 8 bytes of the place that points to it, which lists and objects count.

/** A character takes two bytes in a string that has one beyond Latin-1; any beyond ASCII counts as that. */
function stringBytes(text: string): number {
  const isNarrow = Buffer.byteLength(text) === text.length;
  return 20 + (isNarrow ? text.length : 2 * text.length);
}

/** Small integers are in their place. */
function numberBytes(number: number): number {
  return (number | 0) === number ? 0 : 16;
}

function listBytes(length: number): number {
  return 48 + 8 * length;
}

/** With many members, V8 keeps them in a hash table. */
function objectBytes(members: number): number {
  return 40 + (members <= 16 ? 8 : 130) * members;
}
