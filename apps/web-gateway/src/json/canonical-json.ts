import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  isEscaped,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringAt,
  stringEnd,
} from './tokens.ts';

const SPACE = 0x20;

interface Member {
  readonly name: string;
  readonly text: string;
}

/**
 * The same text for the same JSON, whatever its white space and the order of names in its objects; another text for any
 * other JSON. Numbers and strings stay as they are written, to the last digit and escape: what `JSON.parse` takes for the
 * same may be two things to whom it is passed on. So do names that an object has twice, in their order.
 *
 * @param body JSON, checked before; nested no deeper than the stack bears
 * @returns the bytes as Latin-1
 */
export function canonicalJson(body: Buffer): string {
  return new Walk(body).value();
}

class Walk {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  value(): string {
    switch (this.#skipSpace()) {
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#array();
      case QUOTE:
        return this.#string();
      default:
        return this.#literal();
    }
  }

  #object(): string {
    const members: Member[] = [];
    while (this.#hasNext(CLOSE_BRACE)) {
      const start = this.#at;
      const written = this.#string();
      const name = this.#nameAt(start);
      this.#skipSpace();
      // The colon.
      this.#at += 1;
      members.push({ name, text: `${written}:${this.value()}` });
    }
    // Stable: of a name that stands there twice some take the first value, others the last.
    members.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return `{${members.map(({ text }) => text).join(',')}}`;
  }

  /** The name that was just read, as it reads. */
  #nameAt(start: number): string {
    if (isEscaped(this.#body, start, this.#at)) return stringAt(this.#body, start, this.#at);
    return this.#body.toString('utf8', start + 1, this.#at - 1);
  }

  #array(): string {
    const values: string[] = [];
    while (this.#hasNext(CLOSE_BRACKET)) values.push(this.value());
    return `[${values.join(',')}]`;
  }

  /** Goes past the bracket that opens, or the comma, to what is next; past the bracket that closes where nothing is. */
  #hasNext(close: number): boolean {
    if (this.#skipSpace() !== close) {
      this.#at += 1;
      if (this.#skipSpace() !== close) return true;
    }
    this.#at += 1;
    return false;
  }

  #string(): string {
    const start = this.#at;
    this.#at = stringEnd(this.#body, start);
    return this.#body.toString('latin1', start, this.#at);
  }

  #literal(): string {
    const start = this.#at;
    while (isOfLiteral(this.#body[this.#at])) this.#at += 1;
    return this.#body.toString('latin1', start, this.#at);
  }

  /** @returns the byte that comes */
  #skipSpace(): number | undefined {
    this.#at = skipSpace(this.#body, this.#at);
    return this.#body[this.#at];
  }
}

/** Letters, digits and what else numbers have, but none of the commas, brackets and spaces that may follow. */
function isOfLiteral(byte: number | undefined): boolean {
  return byte !== undefined && byte > SPACE && byte !== COMMA && byte !== CLOSE_BRACKET && byte !== CLOSE_BRACE;
}
