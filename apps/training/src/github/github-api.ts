import { QuotaSpentError } from '@purser/pooling/http';
import { waitAfter } from '@purser/rate-limiting/core';
import { BreakerOpen } from '@purser/resilience';
import { Unreadable } from '../items/unreadable.ts';
import { messageOf } from './error-message.ts';
import { ServerFailed, type GithubHttp, type HttpAnswer } from './github-http.ts';
import { GithubLimited } from './github-limited.ts';
import { limits } from './limits.ts';
import { nextLink } from './link-header.ts';
import { tokenKeyOf } from './token-key.ts';

/** Whom to ask, and as whom. */
export interface GithubAccess {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string | null;
  /** Nothing is sent before, by anybody with this token; what the last reading learned. */
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

/**
 * One source's view of GitHub's REST API: one request at a time, each with a deadline, tried again where the server fails.
 * Sends nothing while a limit says so that any reading with the same token has met. The token goes to the base URL alone: redirects and pages that lead elsewhere are
 * refused.
 */
export class GithubApi {
  readonly #http: GithubHttp;
  readonly #base: URL;
  readonly #token: string | null;
  readonly #signal: AbortSignal;
  /** Of the quotas. */
  readonly #subject: string;
  #requests = 0;

  constructor(http: GithubHttp, { baseUrl, token, waitsUntil }: GithubAccess, signal: AbortSignal) {
    this.#http = http;
    this.#base = new URL(`${baseUrl}/`);
    this.#token = token;
    this.#signal = signal;
    this.#subject = `${this.#base.origin} ${tokenKeyOf(token)}`;
    if (waitsUntil !== null) http.quotas.block(this.#subject, waitsUntil.getTime());
  }

  /** Whom it asks, for people. */
  get host(): string {
    return this.#base.host;
  }

  /** Until when nothing is sent; null where the next request may be sent at once. */
  get waitsUntil(): Date | null {
    const now = Date.now();
    const wait = this.#http.quotas.check(this.#subject, undefined, now);
    return wait === undefined ? null : new Date(Math.ceil(now + wait.waitMs));
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
    // What is not sent says nothing of how the server is, so the breaker must not hear of it.
    if (this.waitsUntil) throw this.#limited();
    try {
      const server = this.#http.serverOf(this.#base);
      return await server.run(({ signal }) => this.#sendOnce(url, etag, signal), { signal: this.#signal });
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  async #sendOnce(url: URL, etag: string | null, signal: AbortSignal): Promise<HttpAnswer> {
    this.#requests += 1;
    try {
      const answer = await this.#http.get(url, { headers: this.#headers(etag), subject: this.#subject, signal });
      this.#throwIfLimited(answer);
      return answer;
    } catch (error) {
      // A 503 may be about a limit.
      if (error instanceof ServerFailed) this.#throwIfLimited(error.answer);
      if (!(error instanceof QuotaSpentError)) throw error;
      this.#requests -= 1;
      throw this.#limited();
    }
  }

  #headers(etag: string | null): Record<string, string> {
    return {
      accept: 'application/vnd.github+json',
      'user-agent': 'purser',
      'x-github-api-version': '2022-11-28',
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(etag === null ? {} : { 'if-none-match': etag }),
    };
  }

  /** @throws GithubLimited where the answer refuses for a limit */
  #throwIfLimited(answer: HttpAnswer): void {
    const { status, headers } = answer;
    const refused = status === 403 || status === 429 || status === 503;
    if (refused && waitAfter({ status, headers, message: messageOf(answer) })) throw this.#limited();
  }

  #limited(): GithubLimited {
    return new GithubLimited(this.waitsUntil ?? new Date());
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
