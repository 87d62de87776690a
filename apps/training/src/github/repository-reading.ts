import type { Item, KnownItem } from '../items/item.ts';
import type { Problem } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';
import type { Bookmark, Page } from './bookmark.ts';
import type { GithubAnswers } from './github-answers.ts';
import type { ApiAnswer, GithubApi } from './github-api.ts';
import { externalIdOf, isPullRequest, readIssue, readRepository, type Issue } from './issue.ts';
import { itemOf } from './issue-item.ts';
import type { Limits } from './limits.ts';

/** What one reading may take. */
export interface ReadingOptions {
  readonly limits: Limits;
  /** No request begins later than this. */
  readonly endsAt: number;
  /** How old the last sweep may be. */
  readonly sweepIntervalMs: number;
}

/** What was learned before. */
export interface KnownOfRepository {
  readonly known: ReadonlyMap<string, KnownItem>;
  readonly bookmark: Bookmark;
  /** What was answered of single things. */
  readonly answers: Pick<GithubAnswers, 'get'>;
}

/** Changes may show at GitHub a little later than they say. */
const OVERLAP_MS = 60_000;
const UNREADABLE_ISSUE = 'is not what an issue looks like; not used';

/** The reading has had its time, and goes on with the next one. */
class OutOfTime extends Error {}

/**
 * One reading of a repository: first what changed since the last one, then a sweep over all issues, where none was made yet
 * or the last one is old; only a sweep shows what is gone. It can stop after every answer: `bookmark` is then where the next
 * one goes on, and `items` and `removed` are what belongs to it.
 */
export class RepositoryReading {
  readonly items = new Map<number, Item>();
  readonly removed = new Set<string>();
  readonly problems: Problem[] = [];
  bookmark: Bookmark;
  readonly #api: GithubApi;
  readonly #answers: Pick<GithubAnswers, 'get'>;
  readonly #name: string;
  readonly #known: ReadonlyMap<string, KnownItem>;
  readonly #options: ReadingOptions;
  #added = 0;

  /** @param name of the repository as it was given, `owner/name` */
  constructor(api: GithubApi, name: string, { known, bookmark, answers }: KnownOfRepository, options: ReadingOptions) {
    this.#api = api;
    this.#name = name;
    this.#known = known;
    this.#answers = answers;
    this.bookmark = bookmark;
    this.#options = options;
  }

  /**
   * Reads as far as it gets. @returns whether all was read
   * @throws GithubLimited, Unreadable; what was read by then holds
   */
  async run(): Promise<boolean> {
    try {
      if (this.bookmark.since !== null) await this.#readChanges(this.bookmark.since);
      if (!this.#sweepIsDue()) return true;
      await this.#sweep();
      await this.#readChanges(this.bookmark.since!);
      return true;
    } catch (error) {
      if (error instanceof OutOfTime) return false;
      throw error;
    }
  }

  /** Its name as GitHub last told. */
  get #fullName(): string {
    return this.bookmark.repository?.fullName ?? this.#name;
  }

  #sweepIsDue(): boolean {
    const { sweep, sweptAt } = this.bookmark;
    return sweep !== null || sweptAt === null || Date.parse(sweptAt) + this.#options.sweepIntervalMs <= Date.now();
  }

  /**
   * Goes from change to change by their times: a page by number would leave out what moves to another page meanwhile. Pages
   * are followed only where they hold more changes of one second.
   */
  async #readChanges(since: string): Promise<void> {
    let from = instant(Date.parse(since) - OVERLAP_MS);
    let url = this.#changesSince(from);
    for (;;) {
      const known = this.bookmark.changes?.url === url ? this.bookmark.changes.etag : null;
      const answer = await this.#get(url, known);
      if (answer.status === 304) return;
      const issues = this.#issuesOf(answer);
      for (const issue of issues) this.#take(issue);
      const last = issues.reduce((latest, issue) => later(latest, instant(Date.parse(issue.updated_at))), from);
      this.bookmark = { ...this.bookmark, since: later(this.bookmark.since!, last) };
      if (answer.next === null) {
        this.bookmark = { ...this.bookmark, changes: answer.etag === null ? null : { url, etag: answer.etag } };
        return;
      }
      url = last > from ? this.#changesSince(last) : answer.next;
      from = last;
    }
  }

  async #sweep(): Promise<void> {
    if (this.bookmark.sweep === null) await this.#beginSweep();
    const earlier = new Map(this.bookmark.pages.map((page) => [page.url, page]));
    let sweep = this.bookmark.sweep!;
    while (sweep.next !== null && sweep.pages.length < this.#options.limits.pages) {
      const page = await this.#readPage(sweep.next, earlier.get(sweep.next));
      sweep = { ...sweep, pages: [...sweep.pages, page], next: page.next };
      this.bookmark = { ...this.bookmark, sweep };
    }
    if (sweep.next === null) await this.#lookForTheGone(new Set(sweep.pages.flatMap(({ numbers }) => numbers)));
    else this.#report(`has more than ${this.#options.limits.pages} pages of issues; the rest is not read`);
    const { startedAt, begunAt, pages } = sweep;
    const since = later(this.bookmark.since ?? startedAt, startedAt);
    this.bookmark = { ...this.bookmark, since, pages, sweptAt: begunAt, sweep: null };
  }

  async #beginSweep(): Promise<void> {
    const begunAt = new Date().toISOString();
    const answer = await this.#getOne(`repos/${this.#fullName}`);
    // Some servers have a repository's issues and nothing of the repository itself: then it is known by its name alone.
    if (answer.status !== 404) this.#identify(this.#found(answer));
    const next = `repos/${this.#fullName}/issues?state=all&sort=created&direction=asc&per_page=100`;
    const startedAt = instant(answer.at.getTime());
    this.bookmark = { ...this.bookmark, sweep: { startedAt, begunAt, pages: [], next } };
  }

  #identify(answer: ApiAnswer): void {
    const repository = readRepository(answer.body);
    if (repository === null) throw this.#unlike('a repository');
    const { id, full_name: fullName } = repository;
    // Another repository of the same name: nothing that is known of the old one says anything about it.
    const same = this.bookmark.repository === null || this.bookmark.repository.id === id;
    this.bookmark = {
      ...this.bookmark,
      ...(same ? {} : { since: null, changes: null, pages: [] }),
      repository: { id, fullName },
    };
  }

  async #readPage(url: string, earlier: Page | undefined): Promise<Page> {
    const answer = await this.#get(url, earlier?.etag);
    if (answer.status === 304) return earlier!;
    const issues = this.#issuesOf(answer);
    for (const issue of issues) this.#take(issue);
    const numbers = issues.filter((issue) => !isPullRequest(issue)).map(({ number }) => number);
    return { url, etag: answer.etag, numbers, next: answer.next };
  }

  /**
   * Asks for each issue that is stored and was not on any page: it may have been deleted or transferred, or have come, or
   * moved to another page, meanwhile.
   */
  async #lookForTheGone(seen: ReadonlySet<number>): Promise<void> {
    const numbers = [...this.#known.keys()].map((externalId) => Number(externalId.slice(1)));
    const missing = numbers.filter((number) => !seen.has(number) && !this.items.has(number));
    for (const [asked, number] of missing.entries()) {
      if (asked >= this.#options.limits.verified) throw new OutOfTime();
      await this.#verify(number);
    }
  }

  /** Asks for one issue, and takes or removes it by the answer. */
  async #verify(number: number): Promise<void> {
    const answer = await this.#getOne(`repos/${this.#fullName}/issues/${number}`);
    const issue = answer.status === 200 ? readIssue(answer.body) : null;
    if (answer.status === 200 && issue === null) this.#report(UNREADABLE_ISSUE, externalIdOf(number));
    else if (issue !== null && this.#isHere(issue, number)) this.#take(issue);
    else this.removed.add(externalIdOf(number));
  }

  /** A transferred issue is answered from where it is now. */
  #isHere(issue: Issue, number: number): boolean {
    const here = `/repos/${this.#fullName}`.toLowerCase();
    return issue.number === number && (issue.repository_url?.toLowerCase().endsWith(here) ?? true);
  }

  #take(issue: Issue): void {
    if (isPullRequest(issue)) return;
    const externalId = externalIdOf(issue.number);
    const known = this.#known.get(externalId);
    const isNew = known === undefined && !this.items.has(issue.number);
    if (isNew && this.#known.size + this.#added >= this.#options.limits.issues) {
      return this.#report(`has more than ${this.#options.limits.issues} issues; the rest is not read`);
    }
    if (isNew) this.#added += 1;
    this.removed.delete(externalId);
    this.items.set(issue.number, itemOf(issue, this.#fullName, known));
  }

  async #get(address: string, etag: string | null = null): Promise<ApiAnswer> {
    this.#refuseLate();
    return this.#api.get(address, etag);
  }

  async #getOne(address: string): Promise<ApiAnswer> {
    this.#refuseLate();
    return this.#answers.get(address);
  }

  #refuseLate(): void {
    if (Date.now() >= this.#options.endsAt) throw new OutOfTime();
  }

  #issuesOf(answer: ApiAnswer): Issue[] {
    const { body } = this.#found(answer);
    if (!Array.isArray(body)) throw this.#unlike('a list of issues');
    return this.#readable(body);
  }

  /** Those that can be read: one that can't stops nothing else. @throws Unreadable where there are none of them */
  #readable(values: readonly unknown[]): Issue[] {
    const issues: Issue[] = [];
    for (const value of values) {
      const issue = readIssue(value);
      if (issue !== null) issues.push(issue);
      else this.#report(UNREADABLE_ISSUE, nameOf(value));
    }
    if (issues.length === 0 && values.length > 0) throw this.#unlike('a list of issues');
    return issues;
  }

  #report(reason: string, path = '.'): void {
    const same = this.problems.some((problem) => problem.path === path && problem.reason === reason);
    if (!same) this.problems.push({ path, reason });
  }

  #found(answer: ApiAnswer): ApiAnswer {
    const { host } = this.#api;
    if (answer.status === 404) {
      throw new Unreadable(
        `is not found on ${host}: there is no such repository, or it is private and the token may not see it`,
      );
    }
    if (answer.status === 410) throw new Unreadable(`has its issues turned off on ${host}`);
    return answer;
  }

  #unlike(what: string): Unreadable {
    return new Unreadable(
      `could not be read: ${this.#api.host} answers with something that is not ${what} of GitHub's API`,
    );
  }

  #changesSince(time: string): string {
    return `repos/${this.#fullName}/issues?state=all&sort=updated&direction=asc&per_page=100&since=${encodeURIComponent(time)}`;
  }
}

function nameOf(value: unknown): string {
  const { number } = (value ?? {}) as { number?: unknown };
  return typeof number === 'number' ? externalIdOf(number) : '.';
}

function later(a: string, b: string): string {
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

/** Whole seconds, as GitHub has them. */
function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
