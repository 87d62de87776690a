const MAX_TAGS = 32;
const MAX_TAG_CHARACTERS = 64;
// eslint-disable-next-line no-control-regex -- what PostgreSQL can't hold, or nobody can read
const BLANK = /[\u0000-\u0020\u007f\u00a0]+/g;

/** Tags in the form in which they are stored, with notes on those that were left out. */
export interface ReadTags {
  readonly tags: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Brings tags, or labels, to the form in which they are stored: without `#` in front, blanks as single spaces, each
 * once whatever its case, at most 64 characters each and 32 of them, in the order given.
 */
export function tagsOf(texts: readonly string[]): ReadTags {
  const byName = new Map<string, string>();
  const notes: string[] = [];
  for (const text of texts) {
    const tag = text.toWellFormed().replace(BLANK, ' ').trim().replace(/^#+ ?/, '');
    if (tag === '') continue;
    if (tag.length > MAX_TAG_CHARACTERS)
      notes.push(`has a tag of more than ${MAX_TAG_CHARACTERS} characters; not used`);
    else if (!byName.has(tag.toLowerCase())) byName.set(tag.toLowerCase(), tag);
  }
  const tags = [...byName.values()];
  if (tags.length > MAX_TAGS) notes.push(`has more than ${MAX_TAGS} tags; the rest is not used`);
  return { tags: tags.slice(0, MAX_TAGS), notes };
}
