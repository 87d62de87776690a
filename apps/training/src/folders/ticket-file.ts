import type { TicketStatus } from '@purser/contracts';
import { readMarkdown } from './front-matter.ts';
import { sequenceOf } from './names.ts';
import type { TicketName } from './names.ts';
import { ticketStatusOf } from './statuses.ts';
import { titleOf } from './work-effort-file.ts';

/** What a ticket's file says. */
export interface TicketFile {
  readonly externalId: string;
  readonly title: string;
  readonly status: TicketStatus;
  readonly sequence: number;
  /** What was found wrong, and taken otherwise. */
  readonly notes: readonly string[];
}

const FIELDS = ['id', 'title', 'status'] as const;

/**
 * Reads a ticket's file. What is missing comes from its name.
 *
 * @throws Unreadable where it has no front matter that can be read
 */
export function readTicketFile(text: string, name: TicketName): TicketFile {
  const { fields, misshapen } = readMarkdown(text, FIELDS);
  const notes = misshapen.map((field) => `has a list or map as its ${field}; not used`);
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
    notes,
  };
}
