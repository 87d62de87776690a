import { z } from 'zod';
import { isPullRequest, readIssue, type Issue } from '../github/issue.ts';

/** What an event means for the source of its repository. */
export type Meaning =
  /** The issue is as it says. */
  | { readonly kind: 'issue'; readonly issue: Issue }
  /** The issue of this number is gone for good. */
  | { readonly kind: 'gone'; readonly number: number }
  /** Something has changed that a reading shows; `all` where only one of all issues does. */
  | { readonly kind: 'read'; readonly all: boolean }
  | { readonly kind: 'pong' }
  | { readonly kind: 'nothing' };

const event = z.object({
  action: z.string().max(100).optional().catch(undefined),
  repository: z.object({ id: z.int(), full_name: z.string() }).optional(),
  issue: z.object({ number: z.int().positive() }).loose().optional().catch(undefined),
});

/** The part of a payload that says what it is about. */
export type GithubEvent = z.output<typeof event>;

/** Changes of a repository after which its issues may be others, or elsewhere. */
const REPOSITORY_ACTIONS = new Set(['renamed', 'transferred', 'deleted', 'privatized', 'publicized']);
/** Changes of a label that show in issues without changing when those were updated. */
const LABEL_ACTIONS = new Set(['edited', 'deleted']);

/** What the JSON of a payload is about; null where it is no payload. */
export function readEvent(payload: unknown): GithubEvent | null {
  return event.safeParse(payload).data ?? null;
}

/** @param name of the event, as `x-github-event` says */
export function meaningOf(name: string, { action, issue }: GithubEvent): Meaning {
  if (name === 'ping') return { kind: 'pong' };
  if (name === 'issues' && issue !== undefined) return meaningOfIssue(action, issue);
  if (name === 'repository' && REPOSITORY_ACTIONS.has(action ?? '')) return { kind: 'read', all: true };
  if (name === 'label' && LABEL_ACTIONS.has(action ?? '')) return { kind: 'read', all: true };
  return { kind: 'nothing' };
}

function meaningOfIssue(action: string | undefined, told: NonNullable<GithubEvent['issue']>): Meaning {
  if (action === 'deleted' || action === 'transferred') return { kind: 'gone', number: told.number };
  const issue = readIssue(told);
  // Some events tell of a part of the issue only.
  if (issue === null) return { kind: 'read', all: false };
  return isPullRequest(issue) ? { kind: 'nothing' } : { kind: 'issue', issue };
}
