/** What an answer takes beside its rows: the envelope, the span. */
const ENVELOPE_BYTES = 1_024;
/** The most bytes that a character takes in a JSON text within a message: two of the escape, or three of its own. */
const MAX_CHARACTER_BYTES = 3;

/** How many rows one message holds; those that are JSON texts themselves are carried as strings. */
export class FittingRows {
  readonly #maxBytes: number;

  constructor(transport: { readonly maxPayloadBytes: number }) {
    this.#maxBytes = transport.maxPayloadBytes - ENVELOPE_BYTES;
  }

  /** Whether the text surely fits; looks at its length alone. */
  surelyFits(text: string): boolean {
    return text.length * MAX_CHARACTER_BYTES <= this.#maxBytes;
  }

  /** The first rows, as many as fit with commas between them. One alone is taken to fit. */
  first<T>(rows: readonly T[]): readonly T[] {
    let bytes = 0;
    const tooMany = rows.findIndex((row) => {
      bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
      return bytes > this.#maxBytes;
    });
    return tooMany === -1 ? rows : rows.slice(0, Math.max(tooMany, 1));
  }
}
