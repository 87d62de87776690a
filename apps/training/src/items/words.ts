const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** The most of one word that counts: an index takes no longer ones. */
const MAX_WORD_CHARACTERS = 200;

/**
 * The words of a text, in the form in which they are both stored and sought: letters and digits alone, so that
 * `WE-260101-ab12` is three words wherever it stands. PostgreSQL's own parser would take it for numbers and signs.
 */
export function wordsOf(text: string): string[] {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
  return words.map((word) => word.slice(0, MAX_WORD_CHARACTERS).toWellFormed());
}
