import { z } from 'zod';

/** The fields of an issue, as GitHub's REST API and its webhooks tell of one, that Purser makes something of. */
const issue = z.object({
  number: z.int().positive(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']),
  labels: z
    .array(z.union([z.string(), z.object({ name: z.string().nullish() })]))
    .nullish()
    .transform((labels) => (labels ?? []).map((label) => (typeof label === 'string' ? label : (label.name ?? '')))),
  created_at: z.iso.datetime({ offset: true }),
  updated_at: z.iso.datetime({ offset: true }),
  repository_url: z.string().optional(),
  /** Pull requests are issues to the API. */
  pull_request: z.unknown().optional(),
});

/** One issue. */
export type Issue = z.output<typeof issue>;

/** The fields of a repository that tell which one it is. */
const repository = z.object({ id: z.int().positive(), full_name: z.string().min(1) });

/** A repository: its id stays when it is renamed or transferred. */
export type Repository = z.output<typeof repository>;

/** What an answer or a payload says of an issue; null where it is none, or misses what every issue has. */
export function readIssue(value: unknown): Issue | null {
  return issue.safeParse(value).data ?? null;
}

/** The same of a repository. */
export function readRepository(value: unknown): Repository | null {
  return repository.safeParse(value).data ?? null;
}

/** Whether the API's issue is a pull request. */
export function isPullRequest({ pull_request: pullRequest }: Issue): boolean {
  return pullRequest !== undefined && pullRequest !== null;
}

/** An issue's external id. It names no repository, since those are renamed. */
export function externalIdOf(number: number): string {
  return `#${number}`;
}
