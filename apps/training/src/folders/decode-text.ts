import { Unreadable } from '../items/unreadable.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The text of a file: UTF-8 without its byte order mark, lines ended by `\n` alone.
 *
 * @throws Unreadable for anything that is not text
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new Unreadable('is not text: it holds NUL bytes');
  try {
    return utf8.decode(bytes).replace(/\r\n?/g, '\n');
  } catch {
    throw new Unreadable('is not text in UTF-8');
  }
}
