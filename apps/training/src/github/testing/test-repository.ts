import { failure, json, type Answer } from './answers.ts';

/** An issue as the server answers it. */
export interface TestIssue {
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  labels: { name: string }[];
  created_at: string;
  updated_at: string;
  [field: string]: unknown;
}

/** A repository of the server's, for tests to write into. */
export class TestRepository {
  fullName: string;
  readonly formerNames: string[] = [];
  id: number;
  /** The tokens that may see it; null: everyone. */
  seenBy: readonly string[] | null = null;
  issuesTurnedOff = false;
  readonly issues = new Map<number, TestIssue>();
  /** Issues that were transferred: where to. */
  readonly transferred = new Map<number, string>();
  readonly #baseUrl: string;
  #lastAt = 0;

  constructor(fullName: string, baseUrl: string, id: number) {
    this.fullName = fullName;
    this.#baseUrl = baseUrl;
    this.id = id;
  }

  /** Adds an issue, or changes it, now, or a second after the last one. */
  set(number: number, fields: Partial<TestIssue> = {}): TestIssue {
    this.#lastAt = Math.max(Math.floor(Date.now() / 1_000) * 1_000, this.#lastAt + 1_000);
    return this.#setAt(this.#lastAt, number, fields);
  }

  /** Adds issues from 1 to `count`, an hour apart, some years ago. */
  fill(count: number): void {
    const start = Date.parse('2020-01-01T00:00:00Z');
    for (let number = 1; number <= count; number += 1) this.#setAt(start + number * 3_600_000, number, {});
  }

  rename(fullName: string): void {
    this.formerNames.push(this.fullName);
    this.fullName = fullName;
  }

  /** What is at a path below the repository's own. */
  answer(below: string, url: URL): Answer {
    if (below === '') return json({ id: this.id, full_name: this.fullName, private: this.seenBy !== null });
    if (this.issuesTurnedOff) return failure(410, 'Issues are disabled for this repo');
    if (below === '/issues') return this.#list(url);
    const number = Number(/^\/issues\/(\d+)$/.exec(below)?.[1]);
    const location = this.transferred.get(number);
    if (location !== undefined) return failure(301, 'Moved Permanently', { location });
    const issue = this.issues.get(number);
    return issue === undefined ? failure(404, 'Not Found') : json(this.#told(issue));
  }

  #setAt(at: number, number: number, fields: Partial<TestIssue>): TestIssue {
    const time = new Date(at).toISOString().replace('.000', '');
    const fresh = {
      number,
      title: `issue ${number}`,
      body: null,
      state: 'open' as const,
      labels: [],
      created_at: time,
    };
    const issue: TestIssue = { ...fresh, ...this.issues.get(number), updated_at: time, ...fields };
    this.issues.set(number, issue);
    return issue;
  }

  #list(url: URL): Answer {
    const query = url.searchParams;
    const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
    const by = query.get('sort') === 'updated' ? 'updated_at' : 'created_at';
    const state = query.get('state') ?? 'open';
    const since = Date.parse(query.get('since') ?? '1970-01-01T00:00:00Z');
    const all = [...this.issues.values()]
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) => Date.parse(issue.updated_at) >= since)
      .sort((a, b) => Date.parse(a[by]) - Date.parse(b[by]) || a.number - b.number);
    if (query.get('direction') !== 'asc') all.reverse();
    const shown = all.slice((page - 1) * size, page * size).map((issue) => this.#told(issue));
    if (page * size >= all.length) return json(shown);
    const next = new URL(`${this.#baseUrl}/repositories/${this.id}/issues${url.search}`);
    next.searchParams.set('page', String(page + 1));
    return json(shown, { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` });
  }

  #told(issue: TestIssue): object {
    return { ...issue, repository_url: `${this.#baseUrl}/repos/${this.fullName}` };
  }
}
