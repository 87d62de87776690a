import { waitAfter } from '@purser/rate-limiting/core';
import { BreakerOpen } from '@purser/resilience';
import { Unreadable } from '../items/unreadable.ts';
import { ServerFailed, type GithubHttp, type HttpAnswer } from './github-http.ts';
import { GithubLimited } from './github-limited.ts';
import { limits } from './limits.ts';
import { nextLink } from './link-header.ts';

/** Whom to ask, and as whom. */
export interface GithubAccess {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string | null;
  /** Nothing is sent before; what the last reading learned. */
  readonly waitsUntil: Date | null;
}

/** What was answered. `body` is of a 200 alone. */
export interface ApiAnswer {
  readonly status: 200 | 304 | 404 | 410;
  readonly etag: string | null;
  /** Where the next page is; null at the last. */
  readonly next: string | null;
  readonly body: unknown;
  /** By the server's clock. */
  readonly at: Date;
}

const REDIRECTS = new Set([301, 302, 307, 308]);
const MAX_MESSAGE_CHARACTERS = 200;

/**
 * One source's view of GitHub's REST API: one request at a time, each with a deadline, tried again where the server fails.
 * Sends nothing while a limit says so. The token goes to the base URL alone: redirects and pages that lead elsewhere are
 * refused.
 */
export class GithubApi {
  readonly #http: GithubHttp;
  readonly #base: URL;
  readonly #token: string | null;
  readonly #signal: AbortSignal;
  #waitsUntil: Date | null;
  #requests = 0;

  constructor(http: GithubHttp, { baseUrl, token, waitsUntil }: GithubAccess, signal: AbortSignal) {
    this.#http = http;
    this.#base = new URL(`${baseUrl}/`);
    this.#token = token;
    this.#waitsUntil = waitsUntil;
    this.#signal = signal;
  }

  /** Whom it asks, for people. */
  get host(): string {
    return this.#base.host;
  }

  /** Until when nothing is sent; null where the next request may be sent at once. */
  get waitsUntil(): Date | null {
    return this.#waitsUntil !== null && this.#waitsUntil > new Date() ? this.#waitsUntil : null;
  }

  /** Requests that were sent, those that were tried again among them. */
  get requests(): number {
    return this.#requests;
  }

  /** The whole of an address. @throws Unreadable where it is not one that may be asked */
  urlOf(address: string): string {
    return this.#within(address).href;
  }

  /**
   * Gets `address`, a path below the base URL or a page's whole address. With the `etag` of an earlier answer to the same
   * token it is a 304, which costs no quota, as long as nothing has changed.
   *
   * @throws GithubLimited when nothing may be sent for now; Unreadable for every other answer, and for none
   */
  async get(address: string, etag: string | null = null): Promise<ApiAnswer> {
    let url = this.#within(address);
    for (let redirects = 0; redirects <= limits.redirects; redirects += 1) {
      const answer = await this.#send(url, etag);
      if (!REDIRECTS.has(answer.status)) return this.#understand(answer, etag);
      url = this.#within(answer.headers.location ?? '', url);
    }
    throw new Unreadable(`is redirected by ${this.host} more than ${limits.redirects} times`);
  }

  /** The address, as long as it lies below the base URL: nobody else gets the token, or is asked at all. */
  #within(address: string, from: URL = this.#base): URL {
    const url = URL.parse(address, from.href);
    if (url?.origin === this.#base.origin && url.pathname.startsWith(this.#base.pathname) && url.username === '')
      return url;
    throw new Unreadable(
      `is said by ${this.host} to be at another address (${url?.host || 'none'}), which is not asked`,
    );
  }

  /** Sends a request, and again where the server fails. */
  async #send(url: URL, etag: string | null): Promise<HttpAnswer> {
    try {
      const server = this.#http.serverOf(this.#base);
      return await server.run(({ signal }) => this.#sendOnce(url, etag, signal), { signal: this.#signal });
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  async #sendOnce(url: URL, etag: string | null, signal: AbortSignal): Promise<HttpAnswer> {
    const waitsUntil = this.waitsUntil;
    if (waitsUntil) throw new GithubLimited(waitsUntil);
    this.#requests += 1;
    const headers = {
      accept: 'application/vnd.github+json',
      'user-agent': 'purser',
      'x-github-api-version': '2022-11-28',
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(etag === null ? {} : { 'if-none-match': etag }),
    };
    const answer = await this.#http.get(url, headers, signal).catch((error: unknown) => {
      // A 503 may be about a limit.
      if (error instanceof ServerFailed) this.#obeyLimits(error.answer);
      throw error;
    });
    this.#obeyLimits(answer);
    return answer;
  }

  /** @throws GithubLimited where the answer refuses for a limit */
  #obeyLimits(answer: HttpAnswer): void {
    const now = Date.now();
    const { status, headers } = answer;
    const wait = waitAfter({ status, headers, message: messageOf(answer), now });
    if (!wait) return;
    this.#waitsUntil = new Date(now + wait.waitMs);
    const refused = status === 403 || status === 429 || status === 503;
    if (refused) throw new GithubLimited(this.#waitsUntil);
  }

  /** What people are told of an error. @throws the signal's reason, once it has aborted */
  #failureOf(error: unknown): Error {
    this.#signal.throwIfAborted();
    if (error instanceof GithubLimited || error instanceof Unreadable) return error;
    if (error instanceof ServerFailed) return this.#refused(error.answer);
    if (error instanceof BreakerOpen) {
      return new Unreadable(`could not be read: ${this.host} failed too often of late, and is not asked for now`);
    }
    // The pool's error has as its cause why no connection could be made.
    const { name, code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    const late = name === 'DeadlineExceeded' || /TIMEOUT/i.test(code ?? '');
    return late
      ? new Unreadable(`could not be read: ${this.host} did not answer in time`)
      : new Unreadable(`could not be read: ${this.host} can't be reached (${code ?? name})`);
  }

  #understand(answer: HttpAnswer, asked: string | null): ApiAnswer {
    const { status, headers } = answer;
    const known = status === 200 || status === 404 || status === 410 || (status === 304 && asked !== null);
    if (!known) throw this.#refused(answer);
    const next = nextLink(typeof headers['link'] === 'string' ? headers['link'] : undefined);
    const at = new Date(Date.parse(headers.date ?? '') || Date.now());
    return { status, etag: headers.etag ?? null, next, at, body: status === 200 ? this.#json(answer) : null };
  }

  #json({ body }: HttpAnswer): unknown {
    try {
      return JSON.parse(body.toString('utf8'));
    } catch {
      throw new Unreadable(`could not be read: ${this.host} answers with something that is not JSON`);
    }
  }

  #refused(answer: HttpAnswer): Unreadable {
    const { status } = answer;
    if (status === 401) {
      const why = this.#token === null ? 'asks for a token' : 'refuses the token';
      return new Unreadable(`could not be read: ${this.host} ${why} (401)`);
    }
    const message = messageOf(answer);
    return new Unreadable(`could not be read: ${this.host} answers ${status}${message === '' ? '' : ` (${message})`}`);
  }
}

// eslint-disable-next-line no-control-regex -- what it says is shown to people
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** What an answer that is an error says; nothing of any other. */
function messageOf({ status, body }: HttpAnswer): string {
  if (status < 400 || body.length > 65_536) return '';
  try {
    const { message } = JSON.parse(body.toString('utf8')) as { message?: unknown };
    return typeof message === 'string' ? message.replace(CONTROLS, ' ').slice(0, MAX_MESSAGE_CHARACTERS) : '';
  } catch {
    return '';
  }
}
