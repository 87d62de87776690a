import { z } from 'zod';
import { tokenKeyOf } from './token-key.ts';

/** To be raised when what is stored by an earlier version must be read anew. */
const VERSION = 1;

const page = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  /** Of the issues on it; pull requests are left out. */
  numbers: z.array(z.int()),
  next: z.string().nullable(),
});

const bookmark = z.object({
  version: z.literal(VERSION),
  repository: z.object({ id: z.int(), fullName: z.string() }).nullable(),
  /** Whose ETags and limits these are: another token's are others. */
  tokenKey: z.string(),
  /** Nothing is sent before. */
  waitsUntil: z.iso.datetime().nullable(),
  /** What changed up to it has been read; null before the first sweep's end. */
  since: z.iso.datetime().nullable(),
  /** The last page of changes, to ask whether there are any. */
  changes: z.object({ url: z.string(), etag: z.string() }).nullable(),
  /** The pages of the last sweep. */
  pages: z.array(page),
  sweptAt: z.iso.datetime().nullable(),
  /** The sweep that is under way: its pages so far, and where it goes on; `next` is null when all are read. */
  sweep: z
    .object({
      /** By the server's clock. */
      startedAt: z.iso.datetime(),
      /** By ours. */
      begunAt: z.iso.datetime(),
      pages: z.array(page),
      next: z.string().nullable(),
    })
    .nullable(),
});

/** One page of a repository's issues, in the order of their creation. */
export type Page = z.output<typeof page>;

/** Where the reading of a repository stands. Stored with the items that it has come to, or not at all. */
export type Bookmark = z.output<typeof bookmark>;

/** The bookmark of a repository that has not been read. */
function blank(tokenKey: string): Bookmark {
  const nothing = { repository: null, waitsUntil: null, since: null, changes: null, sweptAt: null, sweep: null };
  return { version: VERSION, tokenKey, ...nothing, pages: [] };
}

/**
 * The bookmark that was stored, as far as it holds for `token`: with another one the place is kept, the ETags and the limit
 * are not. A sweep from before `staleSince` counts as none.
 */
export function readBookmark(stored: unknown, token: string | null, staleSince: Date | null): Bookmark {
  const tokenKey = tokenKeyOf(token);
  const { data } = bookmark.safeParse(stored);
  if (data === undefined) return blank(tokenKey);
  const stale = data.sweptAt !== null && staleSince !== null && new Date(data.sweptAt) < staleSince;
  const sweptAt = stale ? null : data.sweptAt;
  const { repository, since } = data;
  return data.tokenKey === tokenKey ? { ...data, sweptAt } : { ...blank(tokenKey), repository, since, sweptAt };
}
