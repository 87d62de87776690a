import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { PoolStats } from '@purser/pooling';
import { AnswerTooLargeError, HttpPools, type HttpAnswer } from '@purser/pooling/http';
import { UpstreamQuotas } from '@purser/rate-limiting/core';
import { dependency, type Dependency, type DependencyStatistics } from '@purser/resilience';
import { isLinkLocal } from '@purser/secrets';
import { messageOf } from './error-message.ts';
import { GithubLimited } from './github-limited.ts';
import { limits } from './limits.ts';
import { Unreadable } from '../items/unreadable.ts';

export type { HttpAnswer };

/** The server failed: its answer says nothing about what was asked. */
export class ServerFailed extends Error {
  override readonly name = 'ServerFailed';
  readonly answer: HttpAnswer;

  constructor(answer: HttpAnswer) {
    super(`answers ${answer.status}`);
    this.answer = answer;
  }
}

/** How a request is sent. */
export interface GithubRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** Whose quota it counts against, see {@link GithubHttp.quotas}. */
  readonly subject: string;
  readonly signal: AbortSignal;
}

/** Servers beyond this many: the one that was asked first is forgotten. */
const MOST_SERVERS = 256;

/**
 * Connections to servers that speak GitHub's API, kept alive, what these servers said of their limits, and what keeps their
 * failures from spreading. Redirects are answers like any other.
 */
@Injectable()
export class GithubHttp implements OnApplicationShutdown {
  /** Of each server and token, or of each server and this address where there is no token: for all readings. */
  readonly quotas = new UpstreamQuotas();
  readonly #pools: HttpPools;
  readonly #servers = new Map<string, Dependency>();
  readonly #timeoutMs: number;

  /** @param timeoutMs for each attempt, from looking its host up to the last byte of its answer */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#pools = new HttpPools({
      maxOrigins: MOST_SERVERS,
      connect: { lookup: lookupOutside },
      ...{ acquireTimeoutMs: timeoutMs, createTimeoutMs: timeoutMs },
      ...{ headersTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs },
      quota: {
        check: (subject) => this.quotas.check(subject),
        // Some limits are told by the message alone.
        observe: (subject, answer) => this.quotas.observe(subject, { ...answer, message: messageOf(answer) }),
      },
    });
  }

  /**
   * Asks once. @throws QuotaSpentError, with nothing sent; ServerFailed; Unreadable where the answer is larger than the limit;
   * the signal's reason; else the pool's error or undici's
   */
  async get(url: URL, request: GithubRequest): Promise<HttpAnswer> {
    const path = `${url.pathname}${url.search}`;
    const answer = await this.#pools
      .poolFor(url.origin)
      .request({ path, ...request, maxBytes: limits.answerBytes })
      .catch((error: unknown) => {
        if (!(error instanceof AnswerTooLargeError)) throw error;
        throw new Unreadable(`answers with more than ${limits.answerBytes} bytes`);
      });
    if (answer.status >= 500) throw new ServerFailed(answer);
    return answer;
  }

  /** The server of an origin, for all who ask it: only what says that it is not well is tried again and counts against it. */
  serverOf({ origin, host }: URL): Dependency {
    const known = this.#servers.get(origin);
    if (known) return known;
    const isFailure = (error: unknown) => !(error instanceof Unreadable || error instanceof GithubLimited);
    const server = dependency({
      name: `github/${host}`,
      attemptTimeoutMs: this.#timeoutMs,
      retry: { attempts: limits.attempts, baseMs: 500, retryIf: isFailure },
      breaker: { isFailure },
    });
    this.#servers.set(origin, server);
    if (this.#servers.size > MOST_SERVERS) this.#servers.delete(this.#servers.keys().next().value!);
    return server;
  }

  /** Of the connections to each server. */
  poolStats(): PoolStats[] {
    return this.#pools.stats();
  }

  /** Of each server. */
  statistics(): DependencyStatistics[] {
    return [...this.#servers.values()].map((server) => server.statistics());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#pools.drain(0);
  }
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
