/** A search as SQL takes it: the words as they were written, those before the last one, and the last one as a beginning. */
export type SearchWords = readonly [whole: string, before: string, beginning: string];

/** A word at the end, which may not be finished yet; not one that is excluded. */
const UNFINISHED = /^(.*?)(?<![\p{L}\p{N}_-])([\p{L}\p{N}]+)$/su;

/**
 * Takes a search apart. Words, "phrases", `or` and `-excluded` are PostgreSQL's (`websearch_to_tsquery`); the last word also
 * matches as a beginning, unless it stands within a phrase or is excluded.
 */
export function searchWords(q: string): SearchWords {
  const match = q.split('"').length % 2 === 1 ? UNFINISHED.exec(q.trimEnd()) : null;
  return match ? [q, match[1]!, `${match[2]!}:*`] : [q, '', ''];
}

/** The query of `words`, three parameters in SQL: no text of a caller becomes part of a statement or of a query's syntax. */
export function wordsQuery([whole, before, beginning]: readonly string[]): string {
  return `(websearch_to_tsquery('english', ${whole}) || websearch_to_tsquery('simple', ${whole})
    || (websearch_to_tsquery('english', ${before})
      && (to_tsquery('english', ${beginning}) || to_tsquery('simple', ${beginning}))))`;
}
