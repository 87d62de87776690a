import { hash } from 'node:crypto';
import { sortedQuery } from '../../core/key.ts';
import type { Exchange } from './exchange.ts';

/** Paths and queries longer than that are put into the key by their digest: prefixes end there. */
const MAX_PATH_CHARACTERS = 600;
const MAX_QUERY_CHARACTERS = 300;

/** Where callers carry who they are. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key', 'api-key', 'x-auth-token'];

/** What of a request tells its answer from others, beside its path. */
export interface AnswerKeyParts {
  /** The path and query, or what the route makes of them. */
  readonly what: string;
  /** The handler: one URL may have several, by version or host. */
  readonly handler: string;
  /** Undefined where it is shared. */
  readonly caller: string | undefined;
  /** Names of request headers, in lower case. */
  readonly vary: readonly string[];
}

/** The key of an answer: its path and query as they are, so that prefixes and patterns find them, and a digest of the rest. */
export function answerKey(exchange: Exchange, { what, handler, caller, vary }: AnswerKeyParts): string {
  const headers = vary.map((name) => [name, normalised(exchange.header(name))]);
  const rest = [handler, caller ?? null, caller === undefined, exchange.header('host') ?? null, headers];
  return `${what}#${digest(JSON.stringify(rest))}`;
}

/** Path and query, the query's parameters in the order of their names. */
export function pathAndQuery(url: string): string {
  const [whole = ''] = url.split('#', 1);
  const mark = whole.indexOf('?');
  const path = mark === -1 ? whole : whole.slice(0, mark);
  const query = mark === -1 ? '' : queryText(whole.slice(mark + 1));
  return `${bounded(path, MAX_PATH_CHARACTERS)}${query === '' ? '' : '?'}${bounded(query, MAX_QUERY_CHARACTERS)}`;
}

/** Who asks, by the credentials that came along; all who bring none are one. */
export function callerByCredentials(exchange: Exchange): string {
  const credentials = CREDENTIALS.map((name) => exchange.header(name) ?? null);
  return credentials.every((value) => value === null) ? 'anonymous' : digest(JSON.stringify(credentials));
}

/** What `X-Cache-Key` shows: nothing can be read from it. */
export function shownKey(key: string): string {
  return digest(key);
}

function queryText(query: string): string {
  const sorted = sortedQuery(new URLSearchParams(query));
  // What is no UTF-8 would all be read as one character.
  return sorted.includes('%EF%BF%BD') ? query : sorted;
}

function bounded(text: string, max: number): string {
  return text.length <= max ? text : `sha256-${digest(text)}`;
}

/** A header's value without what means nothing: case, spaces, the order in a list. */
function normalised(value: string | undefined): string | null {
  if (value === undefined) return null;
  const list = value.toLowerCase().replace(/\s+/g, '').split(',');
  return list.filter(Boolean).sort().join(',');
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
