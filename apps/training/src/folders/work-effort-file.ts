import type { ItemContent } from '../items/item.ts';
import { keptDescription, MAX_DESCRIPTION_BYTES, MAX_TITLE_CHARACTERS } from '../items/kept-text.ts';
import { tagsOf } from '../items/tags.ts';
import { readDate, readIdDate } from './dates.ts';
import type { FileKind } from './effort-file.ts';
import { readMarkdown } from './front-matter.ts';
import { dateOfId, isWorkEffortId } from './names.ts';
import type { FolderName } from './names.ts';
import { objectiveOf } from './objective.ts';
import { workEffortStatusOf } from './statuses.ts';

/** What a work effort's index file says. */
export interface WorkEffortFile extends Omit<ItemContent, 'tickets'> {
  readonly externalId: string;
  /** What was found wrong, and taken otherwise. */
  readonly notes: readonly string[];
}

/** The index files of a folder with this name. */
export function indexFiles(folder: FolderName): FileKind<WorkEffortFile> {
  return {
    parse: (text, _entry, modifiedAt) => readWorkEffortFile(text, folder, modifiedAt),
    revive: ({ createdAt, updatedAt, ...says }: Revived) => ({
      ...says,
      createdAt: new Date(createdAt),
      updatedAt: new Date(updatedAt),
    }),
  };
}

type Revived = Omit<WorkEffortFile, 'createdAt' | 'updatedAt'> & {
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** Of a branch, a repository, a name. */
const MAX_NAME_CHARACTERS = 255;
const FIELDS = ['id', 'title', 'status', 'created', 'last_updated', 'branch', 'repository'] as const;

/**
 * Reads a work effort's index file. What is missing comes from the folder's name; a date that is missing from the
 * other date, then from the id, then from `modifiedAt`.
 *
 * @throws Unreadable where it has no front matter that can be read
 */
export function readWorkEffortFile(text: string, folder: FolderName, modifiedAt: Date): WorkEffortFile {
  const { fields, lists, misshapen, body } = readMarkdown(text, FIELDS, ['tags']);
  const notes = misshapen.map(misshapenNote);
  const externalId = fields['id'] && isWorkEffortId(fields['id']) ? fields['id'] : folder.externalId;
  if (fields['id'] && externalId !== fields['id'])
    notes.push('has an id that is not WE-YYMMDD-xxxx; its folder names it');
  const { status, note } = workEffortStatusOf(fields['status'] ?? null);
  if (note !== null) notes.push(note);
  const description = keptDescription(objectiveOf(body));
  if (description.shortened)
    notes.push(`has an objective of more than ${MAX_DESCRIPTION_BYTES} bytes; the rest is cut`);
  const given = {
    created: dateField(fields['created'], 'created', notes),
    updated: dateField(fields['last_updated'], 'last_updated', notes),
  };
  const { tags, notes: tagNotes } = tagsOf(lists['tags']!.flatMap(splitTags));
  notes.push(...tagNotes);
  const createdAt = given.created ?? readIdDate(dateOfId(externalId)) ?? given.updated ?? modifiedAt;
  return {
    externalId,
    title: titleOf(fields['title'] ?? null, folder.title, externalId),
    description: description.text,
    status,
    branch: nameOf(fields['branch']),
    repository: nameOf(fields['repository']),
    tags,
    createdAt,
    updatedAt: given.updated ?? createdAt,
    notes,
  };
}

/** The title to show: the file's own, else the words of its name, else its id. */
export function titleOf(own: string | null, fromName: string, externalId: string): string {
  return ((own ?? fromName) || externalId).slice(0, MAX_TITLE_CHARACTERS).toWellFormed();
}

/** The name that a field holds, cut to what is stored. */
export function nameOf(text: string | null | undefined): string | null {
  return text?.slice(0, MAX_NAME_CHARACTERS).toWellFormed() ?? null;
}

/** What is said of a field that holds a list or a map. */
export const misshapenNote = (field: string): string =>
  `has a list or map ${field === 'tags' ? 'among its tags' : `as its ${field}`}; not used`;

/** The date that a field holds; null, with a note where there is one that can't be read. */
export function dateField(text: string | null | undefined, name: string, notes: string[]): Date | null {
  if (text === null || text === undefined) return null;
  const date = readDate(text);
  if (date === null) notes.push(`has a date that can't be read as its ${name}; not used`);
  return date;
}

/** `a, b` and `#a #b` are two tags each. */
function splitTags(text: string): string[] {
  return text.split(/^(?:#\S+\s+)+#\S+$/.test(text) ? /\s+/ : /[,;]/);
}
