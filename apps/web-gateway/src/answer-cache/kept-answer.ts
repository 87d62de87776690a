import type { IncomingHttpHeaders } from 'node:http';

/** An answer of a provider that may be given again. */
export interface KeptAnswer {
  /** The model that gave it. */
  readonly modelId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body; of a stream all events as its client got them, and the comment that says that they cost nothing. */
  readonly body: Buffer;
  readonly ageMs: number;
}

/** What of a provider's headers is about the answer, and still true when it is given again. */
const KEPT_HEADERS = ['content-type', 'content-language', 'cache-control', 'openai-version'];

/** The headers to keep with an answer. */
export function keptHeaders(provided: IncomingHttpHeaders): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = provided[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
