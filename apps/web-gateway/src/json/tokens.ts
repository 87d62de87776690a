import { notJson } from './not-json.ts';

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** A range of bytes; `end` is the first one after it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Below this length a loop finds the end of a string sooner than a native search does. */
const NEAR_BYTES = 24;

/**
 * The position after the quote that ends the string which begins at `start`.
 *
 * @throws DomainError `invalid_request` where it does not end
 */
export function stringEnd(body: Buffer, start: number): number {
  let position = start + 1;
  for (let nearBytes = NEAR_BYTES; ; nearBytes *= 2) {
    const near = Math.min(position + nearBytes, body.length);
    while (position < near) {
      const byte = body[position]!;
      if (byte === QUOTE) return position + 1;
      position += byte === BACKSLASH ? 2 : 1;
    }
    const quote = body.indexOf(QUOTE, position);
    if (quote < 0) throw notJson();
    let run = quote;
    while (run > position && body[run - 1] === BACKSLASH) run--;
    position = quote + 1;
    // An even number of backslashes escapes itself; an odd one escapes the quote. A text full of quotes is better walked,
    // so each one makes the next walk longer.
    if (((quote - run) & 1) === 0) return position;
  }
}

/** Whether the string that ends before `end` is a name: a colon follows it. */
export function isName(body: Buffer, end: number): boolean {
  return body[skipSpace(body, end)] === COLON;
}

/** Whether the string from `start` to `end` holds an escape. */
export function isEscaped(body: Buffer, start: number, end: number): boolean {
  for (let position = start; position < end; position++) if (body[position] === BACKSLASH) return true;
  return false;
}

/**
 * What the string from `start` to `end` says.
 *
 * @throws DomainError `invalid_request` where it is not a JSON string
 */
export function stringAt(body: Buffer, start: number, end: number): string {
  try {
    return JSON.parse(body.toString('utf8', start, end)) as string;
  } catch {
    // The position in the parser's message would be one in this string alone.
    throw notJson();
  }
}

/** The position after the number that begins at `start`; `start` where none does. On what is not JSON it may be any one. */
export function numberEnd(body: Buffer, start: number): number {
  let position = start;
  if (body[position] === MINUS || isDigit(body[position])) while (isOfNumber(body[position])) position++;
  return position;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isOfNumber(byte: number | undefined): boolean {
  return isDigit(byte) || byte === MINUS || byte === 0x2b || byte === 0x2e || byte === 0x45 || byte === 0x65;
}

/** The first position from `from` on that is not white space. */
export function skipSpace(body: Buffer, from: number): number {
  let position = from;
  while (isSpace(body[position])) position++;
  return position;
}

/** Where the white space before `position` begins. */
export function spaceStart(body: Buffer, position: number): number {
  let start = position;
  while (isSpace(body[start - 1])) start--;
  return start;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
