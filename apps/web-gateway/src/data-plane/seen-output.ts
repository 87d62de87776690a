import { CLOSE_BRACE, COLON, OPEN_BRACE, QUOTE, isName, skipSpace } from '../json/tokens.ts';
import { bytesUnescaped, likelyTokens } from '../limits/likely-tokens.ts';

const BACKSLASH = 0x5c;
/** Names of strings that the model did not write. */
const LABELS = new Set(['role', 'id', 'type', 'name', 'object']);

/**
 * Guesses how many tokens of an answer came, for where the provider does not say: one for each piece of text, or more by its
 * bytes where pieces are long.
 */
export class SeenOutput {
  readonly #holder: Buffer;
  #pieces = 0;
  #bytes = 0;

  /** @param holder what holds a choice's text: `delta` in the events of a stream, `message` in a whole answer */
  constructor(holder: 'delta' | 'message') {
    this.#holder = Buffer.from(`"${holder}"`);
  }

  get tokens(): number {
    return Math.max(this.#pieces, likelyTokens(this.#bytes));
  }

  /** A whole event, or a whole answer. */
  read(json: Buffer): void {
    // Within a string the quotes around the name would be escaped.
    for (let at = json.indexOf(this.#holder); at >= 0; at = json.indexOf(this.#holder, at)) {
      at = skipSpace(json, at + this.#holder.length);
      if (json[at] !== COLON) continue;
      const before = this.#bytes;
      at = this.#readObject(json, skipSpace(json, at + 1));
      if (this.#bytes > before) this.#pieces += 1;
    }
  }

  /** Part of an event that is too long to be read: all of it is taken for text. */
  pass(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @returns the position after it, or the end where it is none */
  #readObject(json: Buffer, start: number): number {
    let depth = 0;
    let isText = false;
    for (let position = start; position < json.length; position++) {
      const byte = json[position];
      if (byte === QUOTE) {
        const from = position + 1;
        position = closingQuote(json, from);
        if (isName(json, position + 1)) isText = !LABELS.has(json.toString('latin1', from, position));
        else if (isText) this.#bytes += bytesUnescaped(json.subarray(from, position));
      } else if (byte === OPEN_BRACE) depth += 1;
      else if (byte === CLOSE_BRACE) depth -= 1;
      if (depth <= 0) return position + 1;
    }
    return json.length;
  }
}

/** The end where there is none. */
function closingQuote(json: Buffer, from: number): number {
  let position = from;
  while (position < json.length && json[position] !== QUOTE) position += json[position] === BACKSLASH ? 2 : 1;
  return Math.min(position, json.length);
}
