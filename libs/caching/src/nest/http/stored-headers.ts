import type { OutgoingHttpHeaders } from 'node:http';

/** The most that the headers of a kept answer may take, in characters. */
const MAX_HEADER_CHARACTERS = 16_384;

/** Never kept: they are of one connection, one request, one moment or one origin. What a name here ends in `-` begins with it. */
const OF_ONE_REQUEST = [
  'connection',
  'keep-alive',
  'proxy-',
  'transfer-encoding',
  'trailer',
  'upgrade',
  'te',
  'content-length',
  'date',
  'age',
  'via',
  'server',
  'server-timing',
  'timing-allow-origin',
  'access-control-',
  'x-cache',
  'x-cache-',
  'x-request-',
  'x-correlation-',
  'x-trace-',
  'x-response-time',
  'x-response-time-',
  'x-runtime',
  'x-ratelimit-',
  'ratelimit',
  'ratelimit-',
  'retry-after',
  'request-id',
  'traceparent',
  'tracestate',
  'alt-svc',
  'www-authenticate',
  'authentication-info',
  'vary',
];

/**
 * The headers that belong to an answer: those that its handler has set, but for those of one request. `before` is what was
 * there when the handler began: what hooks and middleware set, they set for every request by themselves. Undefined where they
 * are too large to be kept.
 */
export function keptHeaders(
  before: OutgoingHttpHeaders,
  after: OutgoingHttpHeaders,
): Readonly<Record<string, string>> | undefined {
  const kept: Record<string, string> = {};
  let characters = 0;
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined || String(before[name]) === String(value) || isOfOneRequest(name)) continue;
    kept[name] = Array.isArray(value) ? value.join(', ') : String(value);
    characters += name.length + kept[name].length;
  }
  return characters > MAX_HEADER_CHARACTERS ? undefined : kept;
}

/** What of an answer's headers forbids to keep it; undefined where nothing does. */
export function forbidden(
  headers: OutgoingHttpHeaders,
  shared: boolean,
  keyedBy: readonly string[],
): string | undefined {
  if (headers['set-cookie'] !== undefined) return 'it sets a cookie';
  if (![undefined, 'identity'].includes(headers['content-encoding'])) return 'it is encoded';
  const control = String(headers['cache-control'] ?? '').toLowerCase();
  if (/\bno-store\b/.test(control)) return 'its Cache-Control is no-store';
  if (shared && /\bprivate\b/.test(control)) return 'its Cache-Control is private, and its scope shared';
  const known = ['accept-encoding', 'origin', ...keyedBy];
  const unknown = namesIn(headers['vary']).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `it varies by ${unknown}, which its key does not have`;
}

/** The names that a header lists, in lower case. */
export function namesIn(value: OutgoingHttpHeaders[string]): string[] {
  const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

function isOfOneRequest(name: string): boolean {
  return OF_ONE_REQUEST.some((known) => (known.endsWith('-') ? name.startsWith(known) : name === known));
}
