import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { isLinkLocal } from '@purser/secrets';
import { Agent, request, type Dispatcher } from 'undici';
import { limits } from './limits.ts';
import { Unreadable } from '../items/unreadable.ts';

/** An answer, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Connections to servers that speak GitHub's API, kept alive. Redirects are answers like any other. */
@Injectable()
export class GithubHttp implements OnApplicationShutdown {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  /** @param timeoutMs for each request, from looking its host up to the last byte of its answer */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      allowH2: false,
      connect: { timeout: timeoutMs, lookup: lookupOutside },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /**
   * @throws the signal's reason; TimeoutError after the time that a request has; Unreadable where the answer is larger than
   * the limit; else undici's error
   */
  async get(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await request(url, {
      dispatcher: this.#agent,
      headers,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
    });
    return { status: answer.statusCode, headers: answer.headers, body: await bodyOf(answer) };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#agent.destroy();
  }
}

async function bodyOf({ body }: Dispatcher.ResponseData): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > limits.answerBytes) throw new Unreadable(`answers with more than ${limits.answerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Looks a host up, and leaves out what no source may reach, whichever name leads there: see {@link isLinkLocal}. */
export const lookupOutside: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) return callback(error, []);
    const allowed = found.filter((address) => !isLinkLocal(urlOf(address)));
    const [first] = allowed;
    if (first === undefined) return callback(refusal(hostname), []);
    if (options.all) callback(null, allowed);
    else callback(null, first.address, first.family);
  });
};

function urlOf({ address, family }: LookupAddress): string {
  // A zone (`%eth0`) has no place in a URL.
  return family === 6 ? `http://[${address.replace(/%.*$/, '')}]` : `http://${address}`;
}

function refusal(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} leads to a link-local or metadata address`), { code: 'EADDRNOTAVAIL' });
}
