import type { StoredEntry } from '../../core/store.ts';

/**
 * How an entry is written: the format, the counter at which it was stored, what is known of the value as JSON, and after a
 * line break the value, where there is one. It begins with a digit, which no revival of `telejson` touches.
 *
 *     11764289808123456 [300000,0,["account:7"],"\"etag\"",null]
 *     {"id":7}
 */
const FORMAT = '1';
const LINE = '\n';
const SINCE = new RegExp(`^${FORMAT}(\\d+) `);

type Header = readonly [
  ttlMs: number,
  staleForMs: number,
  tags: readonly string[],
  etag: string | null,
  attributes: Readonly<Record<string, string>> | null,
];

/** An entry, and the counter when it was stored. */
export interface StoredRecord {
  readonly since: number;
  readonly entry: StoredEntry;
}

/** Somebody else wrote it. */
export class UnreadableRecord extends Error {}

/**
 * The record as Redis holds it, a JSON string, without its beginning: the script that stores it puts
 * {@link RECORD_START} and the counter before it.
 */
export function recordRest({ json, etag, tags, attributes, ttlMs, staleForMs }: StoredEntry): string {
  const header: Header = [ttlMs, staleForMs, tags, etag ?? null, attributes ?? null];
  const value = json === undefined ? '' : LINE + json;
  return JSON.stringify(` ${JSON.stringify(header)}${value}`).slice(1);
}

/** What Redis holds begins with it, the counter follows in decimal digits, and a space. */
export const RECORD_START = `"${FORMAT}`;

/** @returns undefined for what another version wrote @throws UnreadableRecord, SyntaxError for what no version wrote */
export function parseRecord(text: unknown): StoredRecord | undefined {
  if (typeof text !== 'string') throw new UnreadableRecord();
  if (!text.startsWith(FORMAT)) return undefined;
  const space = text.indexOf(' ');
  const line = text.indexOf(LINE, space);
  const since = Number(text.slice(FORMAT.length, space));
  const header = JSON.parse(line < 0 ? text.slice(space) : text.slice(space, line)) as Header;
  if (!Number.isSafeInteger(since) || !Array.isArray(header) || !Array.isArray(header[2])) throw new UnreadableRecord();
  const [ttlMs, staleForMs, tags, etag, attributes] = header;
  const entry = {
    json: line < 0 ? undefined : text.slice(line + LINE.length),
    tags,
    ttlMs,
    staleForMs,
    ...(etag === null ? {} : { etag }),
    ...(attributes === null ? {} : { attributes }),
  };
  return { since, entry };
}

/** The counter of what Redis holds, in decimal digits, also where no more of it can be read; as the scripts see it. */
export function sinceOf(text: unknown): string | undefined {
  return typeof text === 'string' ? SINCE.exec(text)?.[1] : undefined;
}
