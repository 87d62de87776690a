import { hash } from 'node:crypto';
import type { Item, ItemContent, KnownItem } from '../items/item.ts';
import type { Problem } from '../items/problems.ts';
import { problemOf } from '../items/problems.ts';
import { Unreadable } from '../items/unreadable.ts';
import { EffortFile, isSettled, keptNameOf, keptOf, lookAt, type FileKind, type Look } from './effort-file.ts';
import type { Entry, FolderReader } from './folder-reader.ts';
import type { FileMemory, KeptFile, KeptFiles } from './kept-files.ts';
import type { Limits } from './limits.ts';
import { indexFileOf, looksLikeTicket, readFolderName } from './names.ts';
import type { FolderName } from './names.ts';
import { ticketFiles, type TicketFile } from './ticket-file.ts';
import { indexFiles } from './work-effort-file.ts';

/** The files that a work effort is made of. */
interface Files {
  readonly index: Entry;
  readonly tickets: readonly Entry[];
}

/** To be raised when the same files are to be read in another way, so that they are not taken for unchanged. */
const READER_VERSION = 4;
/** Of fewer tickets than these nothing is remembered: they are read again in the time that remembering takes. */
const MIN_REMEMBERED_TICKETS = 8;

/** There is no work effort in the folder, whereas one that is merely {@link Unreadable} may still be there. */
class NoWorkEffort extends Unreadable {}

/** How folders of work efforts are read. */
export interface FolderOptions {
  readonly limits: Limits;
  /** Spares reading the files of a work effort that have not changed where another has. */
  readonly memory: FileMemory;
}

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
  { limits, memory }: FolderOptions,
  problems: Problem[],
): Item | null {
  let culprit = folder.path;
  const lookedAtMs = Date.now();
  try {
    const name = readFolderName(folder.name);
    if (name === null) throw new NoWorkEffort('has a name that is not WE-YYMMDD-xxxx_title');
    const inside: Problem[] = [];
    const entries = filesOf(reader, folder, name, limits, inside);
    const looks = known === undefined ? [] : all(entries).map((entry) => lookAt(reader, entry));
    if (known?.stamp != null && known.stamp === stampOf(looks, inside, lookedAtMs)) {
      return { ...known, content: null };
    }
    const remembers = entries.tickets.length >= MIN_REMEMBERED_TICKETS;
    const folderKey = hash('sha256', JSON.stringify([READER_VERSION, folder.name, folder.realPath]), 'base64url');
    const kept = remembers && looks.length > 0 ? memory.recall(folderKey) : undefined;
    const [index, tickets] = readFiles(reader, entries, keptFiles(looks, kept), name);
    const files = [index, ...tickets];
    const digest = hashOf(files, inside);
    const stamp = stampOf(files, inside, lookedAtMs);
    if (known?.hash === digest) return { ...known, stamp, content: null };
    culprit = index.entry.path;
    const { externalId, notes, ...workEffort } = index.says;
    inside.push(...notes.map((reason) => ({ path: index.entry.path, reason })));
    const content = { ...workEffort, ...ticketsOf(tickets, inside) };
    if (remembers) memory.keep(folderKey, keptOfAll(files, lookedAtMs));
    return { externalId, path: folder.path, hash: digest, stamp, problems: inside, content };
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
  return { index, tickets: ticketFolder === undefined ? [] : ticketEntries(reader, ticketFolder, limits, inside) };
}

function ticketEntries(reader: FolderReader, folder: Entry, limits: Limits, inside: Problem[]): Entry[] {
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

function all({ index, tickets }: Files): Entry[] {
  return [index, ...tickets];
}

/** What holds of what was remembered, by where the files are found. */
function keptFiles(looks: readonly Look[], kept: KeptFiles | undefined): ReadonlyMap<Entry, [Look, KeptFile]> {
  const found = looks.map((look) => [look, keptOf(look, kept)] as const);
  return new Map(found.flatMap(([look, file]) => (file === undefined ? [] : [[look.entry, [look, file]]])));
}

function readFiles(
  reader: FolderReader,
  { index, tickets }: Files,
  kept: ReadonlyMap<Entry, [Look, KeptFile]>,
  folder: FolderName,
) {
  const read = <T>(entry: Entry, kind: FileKind<T>): EffortFile<T> => {
    const known = kept.get(entry);
    return known === undefined ? EffortFile.read(reader, entry, kind) : EffortFile.kept(...known, kind);
  };
  return [read(index, indexFiles(folder)), tickets.map((entry) => read(entry, ticketFiles))] as const;
}

function keptOfAll(files: readonly EffortFile<unknown>[], now: number): KeptFiles {
  const kept = files.map((file) => [keptNameOf(file.entry), file.keptAt(now)] as const);
  return Object.fromEntries(kept.filter((pair): pair is [string, KeptFile] => pair[1] !== undefined));
}

function ticketsOf(
  files: readonly EffortFile<TicketFile>[],
  inside: Problem[],
): Required<Pick<ItemContent, 'tickets' | 'unreadTickets'>> {
  const tickets = new Map<string, TicketFile>();
  let unreadTickets = 0;
  for (const file of files) {
    const { path } = file.entry;
    try {
      const ticket = file.says;
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
function hashOf(files: readonly EffortFile<unknown>[], inside: readonly Problem[]): string {
  const contents = files.map(({ entry, digest }) => [entry.path, digest]);
  return hash('sha256', JSON.stringify([READER_VERSION, contents, inside]), 'base64');
}

/** A digest of the files' states; null where one may yet change without showing it. */
function stampOf(looks: readonly Look[], inside: readonly Problem[], now: number): string | null {
  const states: string[] = [];
  for (const { entry, state } of looks) {
    if (state instanceof Unreadable) states.push(entry.path, state.message);
    else if (!isSettled(state, now)) return null;
    else states.push(entry.path, entry.realPath, state.stamp);
  }
  return hash('sha256', JSON.stringify([READER_VERSION, states, inside]), 'base64');
}
