/** What a namespace has in Redis. All of it is in one slot of a cluster, so that scripts may touch it together. */
export interface Names {
  /** A hash: the counter of invalidations and what it was at the latest of each kind. */
  readonly state: string;
  /** A sorted set: the tags that were invalidated, by the counter. */
  readonly tags: string;
  /** A sorted set: the keys that were invalidated, by the counter. */
  readonly keys: string;
  /** A sorted set: the prefixes and patterns that were invalidated, by the counter. */
  readonly patterns: string;
  entry(key: string): string;
  lock(key: string): string;
  /** The key that a name of {@link Names.entry} stands for; undefined for any other name. */
  keyOf(name: string): string | undefined;
  /** What `SCAN` is to match for the entries whose keys begin so; it may match others too. */
  entriesGlob(prefix: string): string;
}

/** Keys have none, so that what it introduces is no key's own. */
const ESCAPE = '\0';
const LONE_SURROGATES = /\p{Surrogate}/gu;

export function namesOf(prefix: string, namespace: string): Names {
  const base = `{${prefix}:${asBytes(namespace.replace(/[%{}]/g, (character) => ESCAPES[character]!))}}`;
  const entries = `${base}:e:`;
  return {
    state: `${base}:s`,
    tags: `${base}:t`,
    keys: `${base}:k`,
    patterns: `${base}:p`,
    entry: (key) => entries + asBytes(key),
    lock: (key) => `${base}:l:${asBytes(key)}`,
    keyOf: (name) => (name.startsWith(entries) ? fromBytes(name.slice(entries.length)) : undefined),
    entriesGlob: (start) => `${asGlob(entries + wellFormedStart(start))}*`,
  };
}

const ESCAPES: Readonly<Record<string, string>> = { '%': '%25', '{': '%7B', '}': '%7D' };

/** Text that UTF-8 carries as it is: it has nothing for half a surrogate pair, and different keys would become the same. */
export function asBytes(key: string): string {
  return key.isWellFormed() ? key : key.replace(LONE_SURROGATES, (half) => ESCAPE + half.charCodeAt(0).toString(16));
}

/** Undoes {@link asBytes}. */
export function fromBytes(name: string): string {
  if (!name.includes(ESCAPE)) return name;

  return name.replace(/\0([0-9a-f]{4})/g, (_escape, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Half a pair at the end of a prefix may be the beginning of a whole one in the key. */
function wellFormedStart(prefix: string): string {
  const end = prefix.search(LONE_SURROGATES);
  return end < 0 ? prefix : prefix.slice(0, end);
}

function asGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
