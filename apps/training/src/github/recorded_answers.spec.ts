import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GithubApi } from './github-api.ts';
import { GithubHttp } from './github-http.ts';
import { itemOf } from './issue-item.ts';
import { readIssue, readRepository, type Issue } from './issue.ts';
import { recordedGithub, type RecordedGithub } from './testing/recordings.ts';

let http: GithubHttp;
let github: RecordedGithub | undefined;
beforeEach(() => void (http = new GithubHttp(5_000)));
afterEach(async () => {
  await http.onApplicationShutdown();
  await github?.stop();
});

const open = async (scenario: string): Promise<GithubApi> => {
  github = await recordedGithub(scenario);
  const access = { baseUrl: github.baseUrl, token: '0000000000000000000000000000000000000001', waitsUntil: null };
  return new GithubApi(http, access, AbortSignal.timeout(20_000));
};

describe('what GitHub once answered', () => {
  it('is followed page by page, and every issue of it becomes an item', async () => {
    const api = await open('paginate-issues');
    const issues: Issue[] = [];
    let next: string | null = 'repos/octokit-fixture-org/paginate-issues/issues?state=all&per_page=100';
    while (next !== null) {
      const answer = await api.get(next);
      expect(answer).toMatchObject({ status: 200, etag: '"00000000000000000000000000000000"' });
      issues.push(...(answer.body as unknown[]).map((each) => readIssue(each)!));
      next = answer.next;
    }
    expect(github!.asked.slice(1)).toEqual(
      [2, 3, 4, 5].map((page) => `/repositories/1000/issues?per_page=3&page=${page}`),
    );
    expect(issues.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 13 }, (_, n) => n + 1),
    );
    const item = itemOf(
      issues.find(({ number }) => number === 10)!,
      'octokit-fixture-org/paginate-issues',
      undefined,
    );
    expect(item).toMatchObject({
      externalId: '#10',
      problems: [],
      content: { title: 'Test issue 10', description: '', status: 'planned', tags: [], tickets: [] },
    });
    expect(item.content!.updatedAt).toEqual(new Date('2017-10-10T16:00:00Z'));
    expect(api.waitsUntil).toBeNull();
  });

  it('leads to a repository that was renamed', async () => {
    const api = await open('rename-repository');
    const { body } = await api.get('repos/octokit-fixture-org/rename-repository');
    expect(github!.asked).toEqual(['/repos/octokit-fixture-org/rename-repository', '/repositories/1000']);
    expect(readRepository(body)).toEqual({ id: 1000, full_name: 'octokit-fixture-org/rename-repository-newname' });
  });

  it('tells of a repository', async () => {
    const api = await open('get-repository');
    const { body } = await api.get('repos/octokit-fixture-org/hello-world');
    expect(readRepository(body)).toEqual({ id: 1000, full_name: 'octokit-fixture-org/hello-world' });
  });
});
