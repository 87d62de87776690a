import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, type Answer } from './answers.ts';
import { TestRepository } from './test-repository.ts';

/** What was asked, and what came of it. */
export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly status: number;
}

/** How much may be asked by one token, or by those who have none. */
interface Quota {
  readonly limit: number;
  used: number;
  /** In seconds since 1970. */
  resetAt: number;
}

/** What the next requests meet instead of an answer. */
export interface Trouble {
  readonly times: number;
  /** So many are answered before. */
  readonly after?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Waits before it answers. */
  readonly delayMs?: number;
  /** Breaks the connection. */
  readonly cut?: boolean;
}

const QUOTA_SECONDS = 3_600;

/**
 * A server that keeps to GitHub's rules: quotas (a 304 to a token is free), ETags that change with the token, `since`,
 * pages with `Link`, secondary limits, renamed, private and missing repositories.
 */
export class GithubServer {
  readonly repositories: TestRepository[] = [];
  /** The most requests that were open at the same time. */
  mostAtOnce = 0;
  readonly #asked: Asked[] = [];
  readonly #quotas = new Map<string, Quota>();
  readonly #server: Server;
  #open = 0;
  #trouble: { before: number; left: number; readonly trouble: Trouble } | null = null;

  private constructor(server: Server) {
    this.#server = server;
    this.allow('', 1_000_000);
  }

  static async start(): Promise<GithubServer> {
    const server = createServer();
    const github = new GithubServer(server);
    server.on('request', (request, response) => void github.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return github;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`;
  }

  /** Lets `token` ask `limit` times until `resetInSeconds` from now; `''` is whoever has none. */
  allow(token: string, limit: number, resetInSeconds = QUOTA_SECONDS): void {
    this.#quotas.set(token, { limit, used: 0, resetAt: Math.floor(Date.now() / 1_000) + resetInSeconds });
  }

  /** Knows the token no more. */
  forbid(token: string): void {
    this.#quotas.delete(token);
  }

  /** How much of its quota the token has used. */
  usedBy(token: string): number {
    return this.#quotas.get(token)!.used;
  }

  add(fullName: string): TestRepository {
    const repository = new TestRepository(fullName, this.baseUrl, this.repositories.length + 1_000);
    this.repositories.push(repository);
    return repository;
  }

  /** The next requests meet this. */
  trouble(trouble: Trouble): void {
    this.#trouble = { before: trouble.after ?? 0, left: trouble.times, trouble };
  }

  /** What was asked since the last call. */
  takeAsked(): Asked[] {
    return this.#asked.splice(0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.on('close', () => (this.#open -= 1));
    const url = new URL(request.url!, this.baseUrl);
    const trouble = this.#nextTrouble();
    if (trouble?.delayMs !== undefined) await sleep(trouble.delayMs, undefined, { ref: false });
    const answer =
      trouble === null || trouble.delayMs !== undefined ? this.#limited(request, url) : fromTrouble(trouble);
    this.#asked.push({ path: url.pathname, query: url.searchParams, headers: request.headers, status: answer.status });
    if (trouble?.cut) return void request.socket.destroy();
    const type = { 'content-type': 'application/json; charset=utf-8' };
    response.writeHead(answer.status, { ...type, ...answer.headers }).end(answer.body);
  }

  #nextTrouble(): Trouble | null {
    if (this.#trouble === null || this.#trouble.left === 0) return null;
    this.#trouble.before -= 1;
    if (this.#trouble.before >= 0) return null;
    this.#trouble.left -= 1;
    return this.#trouble.trouble;
  }

  #limited(request: IncomingMessage, url: URL): Answer {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const quota = this.#quotas.get(token);
    if (quota === undefined) return failure(401, 'Bad credentials');
    const now = Date.now() / 1_000;
    if (quota.resetAt <= now) Object.assign(quota, { used: 0, resetAt: Math.floor(now) + QUOTA_SECONDS });
    if (quota.used >= quota.limit) return withQuota(failure(403, 'API rate limit exceeded for 127.0.0.1.'), quota);
    const answer = conditional(this.#find(url, token), request.headers['if-none-match'], token);
    if (answer.status !== 304 || token === '') quota.used += 1;
    return withQuota(answer, quota);
  }

  #find(url: URL, token: string): Answer {
    const [, rest = ''] = url.pathname.split('/api/v3/');
    const named = /^repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(rest);
    const numbered = /^repositories\/(\d+)(\/.*)?$/.exec(rest);
    const below = (named ?? numbered)?.[2] ?? '';
    const repository = named
      ? this.#named(named[1]!)
      : this.repositories.find(({ id }) => String(id) === numbered?.[1]);
    if (repository === undefined || (repository.seenBy !== null && !repository.seenBy.includes(token))) {
      return failure(404, 'Not Found');
    }
    if (named && repository.fullName.toLowerCase() !== named[1]!.toLowerCase()) {
      const location = `${this.baseUrl}/repositories/${repository.id}${below}${url.search}`;
      return failure(301, 'Moved Permanently', { location });
    }
    return repository.answer(below, url);
  }

  #named(name: string): TestRepository | undefined {
    const is = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
    const now = this.repositories.find(({ fullName }) => is(fullName));
    return now ?? this.repositories.find(({ formerNames }) => formerNames.some(is));
  }
}

function conditional(answer: Answer, ifNoneMatch: string | undefined, token: string): Answer {
  if (answer.status !== 200) return answer;
  const etag = `W/"${hash('sha256', `${token}\n${answer.body}`)}"`;
  if (etag === ifNoneMatch) return { status: 304, headers: { etag }, body: '' };
  return { ...answer, headers: { ...answer.headers, etag } };
}

function fromTrouble({ status = 500, headers = {}, body = '{"message":"Trouble"}' }: Trouble): Answer {
  return { status, headers, body };
}

function withQuota(answer: Answer, { limit, used, resetAt }: Quota): Answer {
  const headers = {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(limit - used),
    'x-ratelimit-reset': String(resetAt),
  };
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
