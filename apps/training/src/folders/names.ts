/** What the name of a work effort's folder says. */
export interface FolderName {
  /** `WE-YYMMDD-xxxx` */
  readonly externalId: string;
  /** `YYMMDD` */
  readonly date: string;
  /** The words after the id; empty where there are none. */
  readonly title: string;
}

/** What the name of a ticket's file says. */
export interface TicketName {
  /** `TKT-xxxx-NNN`; the middle may be a date, or a date and the letters. */
  readonly externalId: string;
  readonly sequence: number;
  readonly title: string;
}

const WORK_EFFORT_ID = /^WE-(\d{6})-[a-z0-9]{1,32}$/i;
const TICKET_ID = /^TKT-(?:[a-z0-9]{1,32}-){1,2}(\d{1,6})$/i;

/** Whether a folder's name claims to be a work effort's. */
export const looksLikeWorkEffort = (name: string): boolean => /^WE-/i.test(name);

/** Whether a file's name claims to be a ticket's. Anything else in the folder of tickets is somebody's notes. */
export const looksLikeTicket = (name: string): boolean => /^TKT-.*\.md$/is.test(name);

/** Reads `WE-YYMMDD-xxxx_title`; null where the name has another form. */
export function readFolderName(name: string): FolderName | null {
  const [externalId, title] = splitAtTitle(name);
  const match = WORK_EFFORT_ID.exec(externalId);
  return match === null ? null : { externalId, date: match[1]!, title };
}

/** Reads `TKT-xxxx-NNN_title.md`; null where the name has another form. */
export function readTicketName(name: string): TicketName | null {
  const [externalId, title] = splitAtTitle(name.replace(/\.md$/i, ''));
  const sequence = sequenceOf(externalId);
  return sequence === null ? null : { externalId, sequence, title };
}

/** Whether `text` has the form of a work effort's id. */
export const isWorkEffortId = (text: string): boolean => WORK_EFFORT_ID.test(text);

/** The `YYMMDD` of a work effort's id. */
export const dateOfId = (externalId: string): string => WORK_EFFORT_ID.exec(externalId)?.[1] ?? '';

/** The number at the end of a ticket's id; null where `text` is none. */
export function sequenceOf(text: string): number | null {
  const match = TICKET_ID.exec(text);
  return match === null ? null : Number(match[1]);
}

/** Whether a file's name claims to be a work effort's index. */
export const looksLikeIndex = (name: string): boolean => /^WE-.*_index\.md$/is.test(name);

/** Which of a folder's files is the index: `<id>_index.md`, else the only one whose name ends so. */
export function indexFileOf(folder: FolderName, files: readonly string[]): string | null {
  const exact = `${folder.externalId}_index.md`.toLowerCase();
  const candidates = files.filter(looksLikeIndex);
  const named = candidates.find((name) => name.toLowerCase() === exact);
  return named ?? (candidates.length === 1 ? candidates[0]! : null);
}

function splitAtTitle(name: string): [externalId: string, title: string] {
  const at = name.indexOf('_');
  if (at === -1) return [name, ''];
  return [
    name.slice(0, at),
    name
      .slice(at + 1)
      .replaceAll('_', ' ')
      .trim(),
  ];
}
