import { isUtf8 } from 'node:buffer';
import { invalidField } from '@purser/errors';
import { notJson } from './not-json.ts';
import { stringAt, type ByteRange } from './tokens.ts';

/** @throws DomainError `invalid_request` where the bytes are not UTF-8 */
export function requireUtf8(body: Buffer): void {
  // Decoding would put U+FFFD in place of what is wrong, and so change what the caller said.
  if (!isUtf8(body)) throw invalidField('body', 'must be UTF-8');
}

/**
 * The value of a body in UTF-8. `escapedNames` are the names in it that are written with escapes: each is rewritten
 * without the needless ones first, because V8 (13.6 to 14.6 at least; nodejs/node#63785) may take an escaped name for
 * another one of a past object that looks like its escaped form: after `{"\\":1}`, the name `"\u006e"` reads as a backslash.
 * What V8 takes it for always holds a backslash. So a name that needs no escape is read right, and no name is ever taken
 * for such a one; otherwise a caller could hide a field from Purser that the provider sees.
 *
 * @throws DomainError `invalid_request` where it is not JSON; it names `field`
 */
export function parseBody(body: Buffer, escapedNames: readonly ByteRange[], field = 'body'): unknown {
  try {
    return JSON.parse(escapedNames.length === 0 ? body.toString() : withPlainNames(body, escapedNames));
  } catch (cause) {
    throw notJson(cause, field);
  }
}

function withPlainNames(body: Buffer, names: readonly ByteRange[]): string {
  let text = '';
  let position = 0;
  for (const { start, end } of names) {
    text += body.toString('utf8', position, start) + JSON.stringify(stringAt(body, start, end));
    position = end;
  }
  return text + body.toString('utf8', position);
}
