/** The most of a description that is kept, so that a hundred of them fit one message. */
export const MAX_DESCRIPTION_BYTES = 6_000;
export const MAX_TITLE_CHARACTERS = 300;

// eslint-disable-next-line no-control-regex -- what PostgreSQL can't hold, or nobody can read
const UNREADABLE_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A description as it is stored, and whether its end had to be cut off. */
export function keptDescription(given: string): { text: string; shortened: boolean } {
  const text = given.replace(UNREADABLE_CHARACTERS, ' ').toWellFormed();
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_DESCRIPTION_BYTES) return { text, shortened: false };
  let end = MAX_DESCRIPTION_BYTES;
  // A byte of the form 10xxxxxx goes on with a character that began before it.
  while ((bytes[end]! & 0b1100_0000) === 0b1000_0000) end -= 1;
  return { text: bytes.toString('utf8', 0, end), shortened: true };
}

/** A title as it is stored: one line. */
export function keptTitle(given: string): string {
  const line = given.replace(UNREADABLE_CHARACTERS, ' ').replace(/\s+/g, ' ').trim();
  return line.slice(0, MAX_TITLE_CHARACTERS).toWellFormed();
}
