import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An answer on its way out. */
export interface Sending {
  /** The body as it would go out; undefined where it is none that can be held: a stream, an error. */
  readonly body: Buffer | undefined;
  /** Lets it go out as its sender meant it. */
  readonly pass: () => void;
}

/** One request and its answer, the same for Fastify and Express. */
export interface Exchange {
  readonly method: string;
  /** Path and query as they were asked for. */
  readonly url: string;
  /** A header of the request. */
  header(name: string): string | undefined;

  readonly status: number;
  /** The answer's headers so far, in lower case. */
  headers(): OutgoingHttpHeaders;
  /** One of them. */
  headerSoFar(name: string): OutgoingHttpHeaders[string];
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;

  /** Hands the next thing that is sent to `take`, which decides what goes out; what comes after goes its usual way. */
  intercept(take: (sending: Sending) => void): void;
  /** Takes {@link intercept} back. */
  release(): void;
  /** Sends, through whatever hooks the platform has. */
  send(status: number, body: Buffer | undefined): void;
  /** Calls `then` when the answer is out or its connection is gone; `finished`: all of it was handed to the system. */
  onceOver(then: (finished: boolean) => void): void;
  /**
   * After the answer is out: from now on status, headers and body go nowhere but to `take`, and begin as if nothing had been
   * sent, with `headers`. So a handler can run once more.
   */
  detach(headers: OutgoingHttpHeaders, take: (sending: Sending) => void): void;
}

/** What an answer's headers are kept in while it goes nowhere. Names in lower case. */
export class HeaderRecord {
  readonly #values = new Map<string, string | string[] | number>();

  constructor(headers: OutgoingHttpHeaders) {
    for (const [name, value] of Object.entries(headers)) this.set(name, value);
  }

  readonly get = (name: string): string | string[] | number | undefined => this.#values.get(name.toLowerCase());
  readonly has = (name: string): boolean => this.#values.has(name.toLowerCase());
  readonly all = (): OutgoingHttpHeaders => Object.fromEntries(this.#values);

  set(name: string, value: string | readonly string[] | number | undefined): void {
    if (value === undefined) this.#values.delete(name.toLowerCase());
    else
      this.#values.set(
        name.toLowerCase(),
        Array.isArray(value) ? [...(value as readonly string[])] : (value as string),
      );
  }
}

/** What a body says: parsed where it is JSON, else as text. */
export function bodyValue(exchange: Exchange, body: Buffer | undefined): unknown {
  const text = body?.toString();
  const isJson = /^[^;]*json/i.test(String(exchange.headers()['content-type'] ?? ''));
  return isJson && text ? JSON.parse(text) : text;
}

/** Calls `then` once, when a response is finished or its connection is gone. */
export function onceOver(response: ServerResponse, then: (finished: boolean) => void): void {
  if (response.writableFinished || response.closed || response.destroyed) return then(response.writableFinished);
  const over = (): void => {
    response.off('finish', over).off('close', over);
    then(response.writableFinished);
  };
  response.once('finish', over).once('close', over);
}
