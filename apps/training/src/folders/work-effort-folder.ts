import { hash } from 'node:crypto';
import type { Item, KnownItem } from '../items/item.ts';
import { decodeText } from './decode-text.ts';
import type { Entry, FolderReader } from './folder-reader.ts';
import type { Limits } from './limits.ts';
import { indexFileOf, looksLikeTicket, readFolderName, readTicketName } from './names.ts';
import type { FolderName } from './names.ts';
import type { Problem } from '../items/problems.ts';
import { problemOf } from '../items/problems.ts';
import { readTicketFile } from './ticket-file.ts';
import type { TicketFile } from './ticket-file.ts';
import { Unreadable } from '../items/unreadable.ts';
import { readWorkEffortFile } from './work-effort-file.ts';

/** A file of the folder: its bytes, or why there are none. */
interface ReadFile {
  readonly entry: Entry;
  readonly bytes: Buffer | Unreadable;
  readonly modifiedAt: Date;
}

/** To be raised when the same files are to be read in another way, so that they are not taken for unchanged. */
const READER_VERSION = 2;

/**
 * Reads the folder of one work effort. What is wrong with its tickets goes into its own `problems`.
 *
 * @returns null when there is no work effort in it; the reason is then added to `problems`
 */
export async function readWorkEffortFolder(
  reader: FolderReader,
  folder: Entry,
  known: KnownItem | undefined,
  limits: Limits,
  problems: Problem[],
): Promise<Item | null> {
  let culprit = folder.path;
  try {
    const name = readFolderName(folder.name);
    if (name === null) throw new Unreadable('has a name that is not WE-YYMMDD-xxxx_title');
    const entries = await reader.list(folder);
    const index = await readIndex(reader, name, entries);
    const inside: Problem[] = [];
    const tickets = await readTickets(reader, entries, limits, inside);
    const hash = hashOf(index, tickets, inside);
    if (known?.hash === hash) return { ...known, content: null };
    culprit = index.entry.path;
    const { externalId, notes, ...workEffort } = readWorkEffortFile(textOf(index), name, index.modifiedAt);
    inside.push(...notes.map((reason) => ({ path: index.entry.path, reason })));
    const content = { ...workEffort, tickets: parseTickets(tickets, inside) };
    return { externalId, path: folder.path, hash, problems: inside, content };
  } catch (error) {
    problems.push(problemOf(culprit, error));
    return null;
  }
}

async function readIndex(reader: FolderReader, name: FolderName, entries: readonly Entry[]): Promise<ReadFile> {
  const file = indexFileOf(
    name,
    entries.map((entry) => entry.name),
  );
  if (file === null) throw new Unreadable(`has no index file: no ${name.externalId}_index.md`);
  return readFile(
    reader,
    entries.find((entry) => entry.name === file)!,
  );
}

async function readTickets(
  reader: FolderReader,
  entries: readonly Entry[],
  limits: Limits,
  inside: Problem[],
): Promise<ReadFile[]> {
  const folder = entries.find(({ name, kind }) => name === 'tickets' && kind === 'folder');
  if (folder === undefined) return [];
  try {
    const files = (await reader.list(folder)).filter(({ name }) => looksLikeTicket(name));
    if (files.length > limits.ticketsPerWorkEffort) {
      const reason = `has more than ${limits.ticketsPerWorkEffort} tickets; the rest is not read`;
      inside.push({ path: folder.path, reason });
    }
    const read: ReadFile[] = [];
    for (const entry of files.slice(0, limits.ticketsPerWorkEffort)) read.push(await readFile(reader, entry));
    return read;
  } catch (error) {
    inside.push(problemOf(folder.path, error));
    return [];
  }
}

async function readFile(reader: FolderReader, entry: Entry): Promise<ReadFile> {
  try {
    return { entry, ...(await reader.read(entry)) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { entry, bytes: error, modifiedAt: new Date(0) };
  }
}

function parseTickets(files: readonly ReadFile[], inside: Problem[]): TicketFile[] {
  const tickets = new Map<string, TicketFile>();
  for (const file of files) {
    const { path, name } = file.entry;
    try {
      const ticketName = readTicketName(name);
      if (ticketName === null) throw new Unreadable('has a name that is not TKT-xxxx-NNN_title.md');
      const ticket = readTicketFile(textOf(file), ticketName);
      if (tickets.has(ticket.externalId))
        throw new Unreadable(`has the id ${ticket.externalId}, as another ticket has; not used`);
      tickets.set(ticket.externalId, ticket);
      inside.push(...ticket.notes.map((reason) => ({ path, reason })));
    } catch (error) {
      inside.push(problemOf(path, error));
    }
  }
  return [...tickets.values()];
}

function textOf({ bytes }: ReadFile): string {
  if (bytes instanceof Unreadable) throw bytes;
  return decodeText(bytes);
}

/** A digest of all that the folder's content is made of. */
function hashOf(index: ReadFile, tickets: readonly ReadFile[], inside: readonly Problem[]): string {
  const files = [index, ...tickets].map(({ entry, bytes }) => [
    entry.path,
    bytes instanceof Unreadable ? bytes.message : hash('sha256', bytes, 'base64'),
  ]);
  return hash('sha256', JSON.stringify([READER_VERSION, files, inside]), 'base64');
}
