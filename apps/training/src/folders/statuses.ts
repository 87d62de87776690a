import type { TicketStatus, WorkEffortStatus } from '@purser/contracts';

/** A status as it is stored, with a note where what the file says is not known. */
export interface ReadStatus<S> {
  readonly status: S;
  readonly note: string | null;
}

const MEANINGS = new Map<string, WorkEffortStatus>([
  ['active', 'in-progress'],
  ['in_progress', 'in-progress'],
  ['in-progress', 'in-progress'],
  ['paused', 'planned'],
  ['pending', 'planned'],
  ['planned', 'planned'],
  ['todo', 'planned'],
  ['done', 'completed'],
  ['completed', 'completed'],
  ['complete', 'completed'],
  ['blocked', 'blocked'],
]);
const SHOWN_CHARACTERS = 40;

/** What the status of a work effort's file means, whatever its case; `planned`, with a note, where it is not known. */
export function workEffortStatusOf(text: string | null): ReadStatus<WorkEffortStatus> {
  const known = MEANINGS.get(text?.toLowerCase() ?? '');
  return known === undefined
    ? { status: 'planned', note: `${unknown(text)}; taken as planned` }
    : { status: known, note: null };
}

/** The same for a ticket: what is planned for a work effort is `pending` for a ticket. */
export function ticketStatusOf(text: string | null): ReadStatus<TicketStatus> {
  const known = MEANINGS.get(text?.toLowerCase() ?? '');
  if (known === undefined) return { status: 'pending', note: `${unknown(text)}; taken as pending` };
  return { status: known === 'planned' ? 'pending' : known, note: null };
}

function unknown(text: string | null): string {
  return text === null ? 'has no status' : `has the unknown status "${text.slice(0, SHOWN_CHARACTERS)}"`;
}
