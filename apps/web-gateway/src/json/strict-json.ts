import { invalidField } from '@purser/errors';
import { isExactNumber } from './exact-number.ts';
import { givenTwice, tooDeep } from './not-json.ts';
import { parseBody, requireUtf8 } from './parse-body.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isEscaped,
  isName,
  numberEnd,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringAt,
  stringEnd,
  type ByteRange,
} from './tokens.ts';

/** An object or array that the walk is inside of. */
interface Frame {
  /** The names seen so far; undefined for an array. */
  readonly names: Set<string> | undefined;
  /** The name or index whose value runs. */
  at: string | number;
}

/**
 * Reads a body of the control plane. Beyond what `JSON.parse` asks: UTF-8, at most `maxDepth` deep, no name twice in one
 * object, no name that could reach a prototype (`__proto__`, `constructor.prototype`), and no number that a double does
 * not keep: what is answered later would be another one.
 *
 * @param at where the bytes stand, if they are a part of a larger body: fields are named, and depth is counted, from its top
 * @throws DomainError `invalid_request` that names the field
 */
export function strictJson(body: Buffer, maxDepth: number, at: readonly (string | number)[] = []): unknown {
  requireUtf8(body);
  if (skipSpace(body, 0) === body.length) throw invalidField('body', 'must not be empty');
  const around = at.map((each): Frame => ({ names: undefined, at: each }));
  const field = around.length === 0 ? 'body' : pathOf(around);
  return parseBody(body, checkBody(body, maxDepth, around), field);
}

/**
 * Walks over what gives structure; answers the names that are written with escapes. On bytes that are not JSON it may
 * find anything; the parser then refuses them.
 */
function checkBody(body: Buffer, maxDepth: number, around: readonly Frame[]): ByteRange[] {
  const frames = [...around];
  const escaped: ByteRange[] = [];
  for (let position = 0; position < body.length; position++) {
    const byte = body[position];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (frames.length === maxDepth) throw tooDeep(maxDepth);
      frames.push(byte === OPEN_BRACE ? { names: new Set(), at: '' } : { names: undefined, at: 0 });
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      frames.pop();
    } else if (byte === COMMA) {
      const frame = frames.at(-1);
      if (typeof frame?.at === 'number') frame.at++;
    } else if (byte === QUOTE) {
      const end = stringEnd(body, position);
      if (isName(body, end)) {
        takeName(frames, stringAt(body, position, end));
        if (isEscaped(body, position, end)) escaped.push({ start: position, end });
      }
      position = end - 1;
    } else {
      const end = numberEnd(body, position);
      if (end > position) {
        requireExact(frames, body.toString('latin1', position, end));
        position = end - 1;
      }
    }
  }
  return escaped;
}

function takeName(frames: readonly Frame[], name: string): void {
  const frame = frames.at(-1);
  if (frame?.names === undefined) return;
  frame.at = name;
  if (frame.names.has(name)) throw givenTwice(pathOf(frames));
  if (name === '__proto__' || (name === 'prototype' && frames.at(-2)?.at === 'constructor')) {
    throw invalidField(pathOf(frames), 'is not allowed as a name');
  }
  frame.names.add(name);
}

function requireExact(frames: readonly Frame[], number: string): void {
  if (isExactNumber(number)) return;
  throw invalidField(pathOf(frames) || 'body', 'must be a number that a double holds to the last digit, or a string');
}

function pathOf(frames: readonly Frame[]): string {
  const path = frames.map(({ at }) => (typeof at === 'number' ? `[${at}]` : `.${at}`)).join('');
  return path.startsWith('.') ? path.slice(1) : path;
}
