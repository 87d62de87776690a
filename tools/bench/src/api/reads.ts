import { median, percentile } from '../report/percentile.ts';
import type { Timed, TimedClient } from './client.ts';
import type { Operation } from './description.ts';

/** How long the answers of one operation took. */
export interface Measured {
  readonly operation: string;
  readonly path: string;
  readonly answers: number;
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** One that could not be called, and why: it must not look as if it had been forgotten. */
export interface Skipped {
  readonly operation: string;
  readonly why: string;
  /** Purser did not answer as it should have: that misses every target. */
  readonly failed?: boolean;
}

/** Query parameters that are required somewhere. */
const SAMPLES: Readonly<Record<string, string>> = { q: 'answers in time', dimension: 'model' };
const MOST_IDS = 50;
/** Calls that don't count. */
export const WARM_UP = 5;

interface Page {
  readonly data?: readonly { readonly id?: string }[];
  readonly pagination?: { readonly pages?: number; readonly nextCursor?: string | null };
}

/** Calls a GET operation again and again, over its ids and pages in turn. */
export async function measureRead(
  client: TimedClient,
  operation: Operation,
  times: number,
): Promise<Measured | Skipped> {
  const paths = await pathsOf(client, operation);
  if (typeof paths === 'string') return { operation: operation.id, why: paths };
  return measure(operation, times, (index) => client.call('GET', paths[index % paths.length]!));
}

/** Takes the time of so many calls, after a few that don't count. A call that fails ends it: there is nothing to compare. */
export async function measure(
  { id, method, path }: Operation,
  times: number,
  call: (index: number) => Promise<Timed>,
): Promise<Measured | Skipped> {
  const answers: Timed[] = [];
  for (let index = -WARM_UP; index < times; index++) {
    const answer = await call(index + WARM_UP);
    const { status, text } = answer;
    if (status >= 300) return { operation: id, why: `answered ${status} ${codeIn(text)}`, failed: status >= 500 };
    if (index >= 0) answers.push(answer);
  }
  const sorted = answers.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    ...{ operation: id, path: `${method} ${path}`, answers: answers.length },
    bytes: median(answers.map(({ text }) => text.length)),
    ...{ p50Ms: percentile(sorted, 0.5), p95Ms: percentile(sorted, 0.95) },
  };
}

/** The code of a problem's answer; its text may be long and hold figures of this run. */
function codeIn(text: string): string {
  return /"code":"(\w+)"/.exec(text)?.[1] ?? '';
}

/** @returns why there are none, as a text */
async function pathsOf(client: TimedClient, operation: Operation): Promise<string[] | string> {
  const unknown = operation.required.find((name) => !Object.hasOwn(SAMPLES, name));
  if (unknown !== undefined) return `the bench has no value for the query parameter ${unknown}`;
  const query = new URLSearchParams(
    operation.required.map((name): [string, string] => [name, SAMPLES[name]!]),
  ).toString();
  const withQuery = (path: string): string => (query === '' ? path : `${path}?${query}`);
  if (!operation.path.includes('{')) return pagesOf(client, withQuery(operation.path));
  const collection = operation.path.slice(0, operation.path.indexOf('/{'));
  const { status, text } = await client.call('GET', `${collection}?limit=${MOST_IDS}`);
  if (status !== 200) return `${collection} was answered ${status}`;
  const ids = ((JSON.parse(text) as Page).data ?? []).map(({ id }) => id).filter((id) => id !== undefined);
  if (ids.length === 0) return `${collection} is empty`;
  return ids.map((id) => withQuery(operation.path.replace(/\{\w+\}/, encodeURIComponent(id))));
}

/** Of a list its first page, its middle and its last; of a log its first two; of anything else itself. */
async function pagesOf(client: TimedClient, path: string): Promise<string[]> {
  const { text } = await client.call('GET', path);
  let page: Page;
  try {
    page = JSON.parse(text) as Page;
  } catch {
    return [path];
  }
  const { pages = 1, nextCursor } = page.pagination ?? {};
  const more = (name: string, value: string): string => {
    return `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
  };
  if (nextCursor) return [path, more('cursor', nextCursor)];
  if (pages <= 1) return [path];
  return [...new Set([1, Math.ceil(pages / 2), pages])].map((number) => more('page', String(number)));
}
