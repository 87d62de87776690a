import { hash } from 'node:crypto';
import { CacheError } from './errors.ts';
import type { Load, Loader } from './loader.ts';
import { within } from './options.ts';

/** What a loader needs of an answer; that of `fetch` has it, and any other can be given it. */
export interface HttpLoaderResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Its chunks; leaving them ends the answer. Null where there is none. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** Sends a request. It must not follow redirects: where they lead, others get what the headers hold. */
export type HttpLoaderFetch = (
  url: string,
  init: {
    readonly method: 'GET';
    /** Their names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<HttpLoaderResponse>;

export interface HttpLoaderRequest<T> {
  readonly url: string | URL;
  /** Sent with it, credentials among them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What becomes of the body of a 2xx. Default: it is read as JSON. */
  readonly parse?: (body: Buffer, response: HttpLoaderResponse) => T | Promise<T>;
  /** The most that is read of a body. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Default Node's own. */
  readonly fetch?: HttpLoaderFetch;
}

/** The server answered neither with the value nor with that there is none. */
export class HttpLoaderError extends Error {
  override readonly name = 'HttpLoaderError';
  readonly status: number;

  constructor(status: number, url: URL) {
    super(`${url.origin}${url.pathname} was answered with the status ${status}`);
    this.status = status;
  }
}

const MAX_BYTES = 16 * 1_048_576;
/** Of an ETag or a date: a longer one is not kept. */
const MAX_VALIDATOR_CHARACTERS = 1_024;
/** What was modified this shortly before the answer may be modified again within the same second. */
const SETTLED_MS = 60_000;

/**
 * Loads over HTTP, and again only where the answer has changed: the previous answer's `ETag` goes with the next request as
 * `If-None-Match`, its `Last-Modified` as `If-Modified-Since`, and a 304 says that the value still holds. They are sent only
 * where URL and headers are the same as then, so that nothing of one credential goes with another; the key must name
 * whose answer it is all the same, where that matters, as a fresh value is given out without asking.
 *
 * 404 and 410 are no value. How long an answer lives, the cache's options say, not the answer.
 *
 * @throws HttpLoaderError (from the loader) for every other status, redirects among them; CacheError `invalid_value` where
 * the body has more than `maxBytes`, or is not JSON and there is no `parse`; what `fetch` and `parse` throw
 */
export function httpLoader<T>(request: HttpLoaderRequest<T>): Loader<T | undefined> {
  const url = new URL(request.url);
  const headers = lowerCased(request.headers ?? {});
  const maxBytes = within('maxBytes', request.maxBytes ?? MAX_BYTES, 0, Number.MAX_SAFE_INTEGER);
  const parse = request.parse ?? ((body: Buffer) => jsonOf<T>(body));
  const send: HttpLoaderFetch = request.fetch ?? ((to, init) => fetch(to, init));
  const asked = digestOf(url, headers);
  return async (load) => {
    const known = validatorsOf(load, asked);
    const init = { method: 'GET', redirect: 'manual', signal: load.signal } as const;
    const response = await send(url.href, { ...init, headers: { ...headers, ...known } });
    const { status } = response;
    if (status >= 200 && status < 300) {
      const body = await bodyOf(response, maxBytes, load.signal);
      keepValidators(load, asked, response);
      return parse(body, response);
    }
    await leave(response);
    if (status === 304 && Object.keys(known).length > 0) return load.notModified();
    if (status === 404 || status === 410) return undefined;
    throw new HttpLoaderError(status, url);
  };
}

/** Whom was asked for what, and as whom. */
function digestOf(url: URL, headers: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([url.href, sorted]), 'base64url').slice(0, 22);
}

/** What the previous answer to the same request can be asked for again by. */
function validatorsOf({ previous }: Load, asked: string): Record<string, string> {
  const [askedThen, etag, lastModified] = previous?.etag?.split('\n') ?? [];
  if (askedThen !== asked) return {};
  return {
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  };
}

function keepValidators(load: Load, asked: string, { headers }: HttpLoaderResponse): void {
  const etag = validator(headers.get('etag'));
  const lastModified = settled(validator(headers.get('last-modified')), headers.get('date'));
  if (etag !== '' || lastModified !== '') load.etag([asked, etag, lastModified].join('\n'));
}

function validator(header: string | null): string {
  return header !== null && header.length <= MAX_VALIDATOR_CHARACTERS && !header.includes('\n') ? header : '';
}

/** The time of a change, where by the server's own clock none can follow that has the same. */
function settled(lastModified: string, date: string | null): string {
  return Date.parse(date ?? '') - Date.parse(lastModified) >= SETTLED_MS ? lastModified : '';
}

async function bodyOf({ body }: HttpLoaderResponse, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) throw new CacheError('invalid_value', 'body', `has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Ends an answer whose body nobody reads, so that its connection is free. */
async function leave({ body }: HttpLoaderResponse): Promise<void> {
  for await (const _chunk of body ?? []) return;
}

function jsonOf<T>(body: Buffer): T {
  try {
    return JSON.parse(body.toString('utf8')) as T;
  } catch (cause) {
    throw new CacheError('invalid_value', 'body', 'is not JSON', { cause });
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
