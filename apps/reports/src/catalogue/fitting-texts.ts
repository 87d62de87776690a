/** What an answer takes beside its rows. */
const ENVELOPE_BYTES = 1_024;
/** The most bytes that a character takes in a JSON text within a message: two of the escape, or three of its own. */
const MAX_CHARACTER_BYTES = 3;

/** How much one message holds of rows that are JSON texts themselves. */
export class FittingTexts {
  readonly #maxBytes: number;

  constructor(transport: { readonly maxPayloadBytes: number }) {
    this.#maxBytes = transport.maxPayloadBytes - ENVELOPE_BYTES;
  }

  /** Whether the text surely fits; looks at its length alone. */
  surelyFits(text: string): boolean {
    return text.length * MAX_CHARACTER_BYTES <= this.#maxBytes;
  }

  /** The first texts, as many as fit with commas between them. One alone is taken to fit. */
  first(texts: readonly string[]): readonly string[] {
    let bytes = 0;
    const tooMany = texts.findIndex((text) => {
      bytes += Buffer.byteLength(JSON.stringify(text));
      return bytes > this.#maxBytes;
    });
    return tooMany === -1 ? texts : texts.slice(0, Math.max(tooMany, 1));
  }
}
