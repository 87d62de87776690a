import { hash } from 'node:crypto';
import type { Item, ItemContent, KnownItem } from '../items/item.ts';
import type { Problem } from '../items/problems.ts';
import { problemOf } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';
import { decodeText } from './decode-text.ts';
import type { Entry, FileState, FolderReader } from './folder-reader.ts';
import type { Limits } from './limits.ts';
import { indexFileOf, looksLikeTicket, readFolderName, readTicketName } from './names.ts';
import type { FolderName } from './names.ts';
import { readTicketFile } from './ticket-file.ts';
import type { TicketFile } from './ticket-file.ts';
import { readWorkEffortFile } from './work-effort-file.ts';

/** The files that a work effort is made of. */
interface Files {
  readonly index: Entry;
  readonly tickets: readonly Entry[];
}

/** A file of the folder: its bytes and state, or why there are none. */
type ReadFile = { readonly entry: Entry } & (
  { readonly bytes: Buffer; readonly modifiedAt: Date; readonly state: FileState } | { readonly failure: Unreadable }
);

/** To be raised when the same files are to be read in another way, so that they are not taken for unchanged. */
const READER_VERSION = 4;
/**
 * A file may be written again within the same tick of its file system's clock, and its state then stays the same: one
 * that changed this shortly before it was looked at is read again the next time. (Git calls it racily clean.) Two
 * seconds are the coarsest tick in use, FAT's; the clocks of most network shares differ by less.
 */
const SETTLED_MS = 2_000;

/** There is no work effort in the folder, whereas one that is merely {@link Unreadable} may still be there. */
class NoWorkEffort extends Unreadable {}

/**
 * Reads the folder of one work effort, or only looks at its files where their states are known. What is wrong with its
 * tickets goes into its own `problems`.
 *
 * @returns where it can't be read, what is known of it, and null where that is nothing; null also where it is a work
 * effort no more. The reason is added to `problems`.
 */
export function readWorkEffortFolder(
  reader: FolderReader,
  folder: Entry,
  known: KnownItem | undefined,
  limits: Limits,
  problems: Problem[],
): Item | null {
  let culprit = folder.path;
  const lookedAtMs = Date.now();
  try {
    const name = readFolderName(folder.name);
    if (name === null) throw new NoWorkEffort('has a name that is not WE-YYMMDD-xxxx_title');
    const inside: Problem[] = [];
    const files = filesOf(reader, folder, name, limits, inside);
    if (known?.stamp != null && known.stamp === lookAt(reader, files, inside, lookedAtMs)) {
      return { ...known, content: null };
    }
    const index = readFile(reader, files.index);
    const tickets = files.tickets.map((entry) => readFile(reader, entry));
    const hash = hashOf([index, ...tickets], inside);
    const stamp = stampOf([index, ...tickets].map(stateIn), inside, lookedAtMs);
    if (known?.hash === hash) return { ...known, stamp, content: null };
    culprit = index.entry.path;
    const { bytes, modifiedAt } = contentOf(index);
    const { externalId, notes, ...workEffort } = readWorkEffortFile(decodeText(bytes), name, modifiedAt);
    inside.push(...notes.map((reason) => ({ path: index.entry.path, reason })));
    const content = { ...workEffort, ...parseTickets(tickets, inside) };
    return { externalId, path: folder.path, hash, stamp, problems: inside, content };
  } catch (error) {
    problems.push(problemOf(culprit, error));
    // Somebody may be in the middle of writing it: what was read before stands until it can be read again.
    return known === undefined || error instanceof NoWorkEffort ? null : { ...known, content: null };
  }
}

function filesOf(reader: FolderReader, folder: Entry, name: FolderName, limits: Limits, inside: Problem[]): Files {
  const entries = reader.list(folder);
  const file = indexFileOf(
    name,
    entries.map((entry) => entry.name),
  );
  if (file === null) throw new NoWorkEffort(`has no index file: no ${name.externalId}_index.md`);
  const index = entries.find((entry) => entry.name === file)!;
  const ticketFolder = entries.find(({ name, kind }) => name === 'tickets' && kind === 'folder');
  return { index, tickets: ticketFolder === undefined ? [] : ticketFiles(reader, ticketFolder, limits, inside) };
}

function ticketFiles(reader: FolderReader, folder: Entry, limits: Limits, inside: Problem[]): Entry[] {
  try {
    const files = reader.list(folder).filter(({ name }) => looksLikeTicket(name));
    if (files.length > limits.ticketsPerWorkEffort) {
      const reason = `has more than ${limits.ticketsPerWorkEffort} tickets; the rest is not read`;
      inside.push({ path: folder.path, reason });
    }
    return files.slice(0, limits.ticketsPerWorkEffort);
  } catch (error) {
    inside.push(problemOf(folder.path, error));
    return [];
  }
}

function lookAt(reader: FolderReader, { index, tickets }: Files, inside: readonly Problem[], now: number) {
  const looks = [index, ...tickets].map((entry) => ({ entry, state: unlessUnreadable(() => reader.look(entry)) }));
  return stampOf(looks, inside, now);
}

function readFile(reader: FolderReader, entry: Entry): ReadFile {
  const read = unlessUnreadable(() => reader.read(entry));
  return read instanceof Unreadable ? { entry, failure: read } : { entry, ...read };
}

function unlessUnreadable<T>(work: () => T): T | Unreadable {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}

function contentOf(file: ReadFile): { bytes: Buffer; modifiedAt: Date } {
  if ('failure' in file) throw file.failure;
  return file;
}

function parseTickets(
  files: readonly ReadFile[],
  inside: Problem[],
): Required<Pick<ItemContent, 'tickets' | 'unreadTickets'>> {
  const tickets = new Map<string, TicketFile>();
  let unreadTickets = 0;
  for (const file of files) {
    const { path, name } = file.entry;
    try {
      const ticketName = readTicketName(name);
      if (ticketName === null) throw new Unreadable('has a name that is not TKT-xxxx-NNN_title.md');
      const ticket = readTicketFile(decodeText(contentOf(file).bytes), ticketName);
      const { externalId, notes } = ticket;
      if (tickets.has(externalId)) {
        inside.push({ path, reason: `has the id ${externalId}, as another ticket has; not used` });
        continue;
      }
      tickets.set(externalId, ticket);
      inside.push(...notes.map((reason) => ({ path, reason })));
    } catch (error) {
      inside.push(problemOf(path, error));
      unreadTickets += 1;
    }
  }
  return { tickets: [...tickets.values()], unreadTickets };
}

/** A digest of all that the folder's content is made of. */
function hashOf(files: readonly ReadFile[], inside: readonly Problem[]): string {
  const contents = files.map((file) => [
    file.entry.path,
    'failure' in file ? file.failure.message : hash('sha256', file.bytes, 'base64'),
  ]);
  return hash('sha256', JSON.stringify([READER_VERSION, contents, inside]), 'base64');
}

interface Look {
  readonly entry: Entry;
  readonly state: FileState | Unreadable;
}

const stateIn = (file: ReadFile): Look => ({
  entry: file.entry,
  state: 'failure' in file ? file.failure : file.state,
});

/** A digest of the files' states; null where one may yet change without showing it. */
function stampOf(looks: readonly Look[], inside: readonly Problem[], now: number): string | null {
  const states: string[] = [];
  for (const { entry, state } of looks) {
    if (state instanceof Unreadable) states.push(entry.path, state.message);
    else if (state.changedMs > now - SETTLED_MS) return null;
    else states.push(entry.path, entry.realPath, state.stamp);
  }
  return hash('sha256', JSON.stringify([READER_VERSION, states, inside]), 'base64');
}
