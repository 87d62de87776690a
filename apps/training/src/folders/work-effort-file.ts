import type { WorkEffortStatus } from '@purser/contracts';
import { readDate, readIdDate } from './dates.ts';
import { readMarkdown } from './front-matter.ts';
import { dateOfId, isWorkEffortId } from './names.ts';
import type { FolderName } from './names.ts';
import { objectiveOf } from './objective.ts';
import { workEffortStatusOf } from './statuses.ts';

/** What a work effort's index file says. */
export interface WorkEffortFile {
  readonly externalId: string;
  readonly title: string;
  readonly description: string;
  readonly status: WorkEffortStatus;
  readonly branch: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** What was found wrong, and taken otherwise. */
  readonly notes: readonly string[];
}

/** The most of an objective that is kept, so that a hundred of them fit one message. */
export const MAX_DESCRIPTION_BYTES = 6_000;
export const MAX_TITLE_CHARACTERS = 300;
const MAX_BRANCH_CHARACTERS = 255;
const FIELDS = ['id', 'title', 'status', 'created', 'last_updated', 'branch'] as const;
// eslint-disable-next-line no-control-regex -- what PostgreSQL can't hold, or nobody can read
const UNREADABLE_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/**
 * Reads a work effort's index file. What is missing comes from the folder's name; a date that is missing from the
 * other date, then from the id, then from `modifiedAt`.
 *
 * @throws Unreadable where it has no front matter that can be read
 */
export function readWorkEffortFile(text: string, folder: FolderName, modifiedAt: Date): WorkEffortFile {
  const { fields, misshapen, body } = readMarkdown(text, FIELDS);
  const notes = misshapen.map((name) => `has a list or map as its ${name}; not used`);
  const externalId = fields['id'] && isWorkEffortId(fields['id']) ? fields['id'] : folder.externalId;
  if (fields['id'] && externalId !== fields['id'])
    notes.push('has an id that is not WE-YYMMDD-xxxx; its folder names it');
  const { status, note } = workEffortStatusOf(fields['status'] ?? null);
  if (note !== null) notes.push(note);
  const description = cut(objectiveOf(body).replace(UNREADABLE_CHARACTERS, ' '));
  if (description.shortened)
    notes.push(`has an objective of more than ${MAX_DESCRIPTION_BYTES} bytes; the rest is cut`);
  const given = {
    created: dateField(fields['created'] ?? null, 'created', notes),
    updated: dateField(fields['last_updated'] ?? null, 'last_updated', notes),
  };
  const createdAt = given.created ?? readIdDate(dateOfId(externalId)) ?? given.updated ?? modifiedAt;
  return {
    externalId,
    title: titleOf(fields['title'] ?? null, folder.title, externalId),
    description: description.text,
    status,
    branch: fields['branch']?.slice(0, MAX_BRANCH_CHARACTERS).toWellFormed() ?? null,
    createdAt,
    updatedAt: given.updated ?? createdAt,
    notes,
  };
}

/** The title to show: the file's own, else the words of its name, else its id. */
export function titleOf(own: string | null, fromName: string, externalId: string): string {
  return ((own ?? fromName) || externalId).slice(0, MAX_TITLE_CHARACTERS).toWellFormed();
}

function dateField(text: string | null, name: string, notes: string[]): Date | null {
  if (text === null) return null;
  const date = readDate(text);
  if (date === null) notes.push(`has a date that can't be read as its ${name}; not used`);
  return date;
}

function cut(text: string): { text: string; shortened: boolean } {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_DESCRIPTION_BYTES) return { text, shortened: false };
  let end = MAX_DESCRIPTION_BYTES;
  // A byte of the form 10xxxxxx goes on with a character that began before it.
  while ((bytes[end]! & 0b1100_0000) === 0b1000_0000) end -= 1;
  return { text: bytes.toString('utf8', 0, end), shortened: true };
}
