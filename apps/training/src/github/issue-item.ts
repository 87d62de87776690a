import { hash } from 'node:crypto';
import type { Item, ItemContent, ItemTicket, KnownItem } from '../items/item.ts';
import { keptDescription, keptTitle, MAX_DESCRIPTION_BYTES } from '../items/kept-text.ts';
import { tagsOf } from '../items/tags.ts';
import { externalIdOf, type Issue } from './issue.ts';
import { statusOf } from './issue-status.ts';
import { limits } from './limits.ts';
import { tasksOf, type Task } from './task-list.ts';

/** To be raised when another item is to be made of the same issue, so that it is not taken for unchanged. */
const MAPPING_VERSION = 1;

/**
 * The item that an issue becomes: its body is the description, its labels are the tags, and each checkbox of the body's task
 * lists is a ticket.
 *
 * @param repository the issue's, `owner/name`
 * @param known what is stored of it; as long as nothing has changed, the item has no content
 */
export function itemOf(issue: Issue, repository: string, known: KnownItem | undefined): Item {
  const externalId = externalIdOf(issue.number);
  const { title, body, state, labels, created_at: createdAt, updated_at: updatedAt } = issue;
  const told = [MAPPING_VERSION, repository, title, body, state, labels, createdAt, updatedAt];
  const digest = hash('sha256', JSON.stringify(told), 'base64');
  if (known?.hash === digest) return { ...known, content: null };
  const notes: string[] = [];
  const content = contentOf(issue, repository, notes);
  const problems = notes.map((reason) => ({ path: externalId, reason }));
  return { externalId, path: externalId, hash: digest, problems, content };
}

function contentOf(issue: Issue, repository: string, notes: string[]): ItemContent {
  const body = (issue.body ?? '').replace(/\r\n?/g, '\n');
  const description = keptDescription(body);
  if (description.shortened) notes.push(`has a body of more than ${MAX_DESCRIPTION_BYTES} bytes; the rest is cut`);
  const tasks = tasksOf(body, limits.tasks + 1);
  if (tasks.length > limits.tasks) notes.push(`has more than ${limits.tasks} tasks; the rest is not used`);
  const { tags, notes: tagNotes } = tagsOf(issue.labels);
  notes.push(...tagNotes);
  return {
    title: keptTitle(issue.title) || externalIdOf(issue.number),
    description: description.text,
    status: statusOf(issue.state, issue.labels, tasks),
    branch: null,
    repository,
    tags,
    createdAt: new Date(issue.created_at),
    updatedAt: new Date(issue.updated_at),
    tickets: tasks.slice(0, limits.tasks).map((task, index) => ticketOf(issue, task, index)),
  };
}

function ticketOf(issue: Issue, task: Task, index: number): ItemTicket {
  const parent = externalIdOf(issue.number);
  return {
    externalId: `${parent}.${index + 1}`,
    title: keptTitle(task.title),
    status: task.checked ? 'completed' : 'pending',
    sequence: index + 1,
    assignedTo: null,
    parent,
    createdAt: null,
  };
}
