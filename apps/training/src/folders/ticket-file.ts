import type { ItemTicket } from '../items/item.ts';
import { Unreadable } from '../items/unreadable.ts';
import type { FileKind } from './effort-file.ts';
import { readMarkdown } from './front-matter.ts';
import { readTicketName, sequenceOf } from './names.ts';
import type { TicketName } from './names.ts';
import { ticketStatusOf } from './statuses.ts';
import { dateField, misshapenNote, nameOf, titleOf } from './work-effort-file.ts';

/** What a ticket's file says. */
export interface TicketFile extends ItemTicket {
  /** What was found wrong, and taken otherwise. */
  readonly notes: readonly string[];
}

/** Files of tickets, which are named by what they are. */
export const ticketFiles: FileKind<TicketFile> = {
  parse: (text, { name }) => {
    const ticketName = readTicketName(name);
    if (ticketName === null) throw new Unreadable('has a name that is not TKT-xxxx-NNN_title.md');
    return readTicketFile(text, ticketName);
  },
  revive: (says: Omit<TicketFile, 'createdAt'> & { readonly createdAt: string | null }) => ({
    ...says,
    createdAt: says.createdAt === null ? null : new Date(says.createdAt),
  }),
};

const FIELDS = ['id', 'parent', 'title', 'status', 'created', 'assigned_to'] as const;

/**
 * Reads a ticket's file. What is missing comes from its name.
 *
 * @throws Unreadable where it has no front matter that can be read
 */
export function readTicketFile(text: string, name: TicketName): TicketFile {
  const { fields, misshapen } = readMarkdown(text, FIELDS);
  const notes = misshapen.map(misshapenNote);
  const own = fields['id'] ?? null;
  const sequence = own === null ? null : sequenceOf(own);
  if (own !== null && sequence === null) notes.push('has an id that is not TKT-xxxx-NNN; its file names it');
  const externalId = own !== null && sequence !== null ? own : name.externalId;
  const { status, note } = ticketStatusOf(fields['status'] ?? null);
  if (note !== null) notes.push(note);
  return {
    externalId,
    title: titleOf(fields['title'] ?? null, name.title, externalId),
    status,
    sequence: sequence ?? name.sequence,
    assignedTo: nameOf(fields['assigned_to']),
    parent: nameOf(fields['parent']),
    createdAt: dateField(fields['created'], 'created', notes),
    notes,
  };
}
