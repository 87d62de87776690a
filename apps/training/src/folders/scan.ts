import { join, sep } from 'node:path';
import type { Item, KnownItem } from '../items/item.ts';
import type { Entry, Folder } from './folder-reader.ts';
import { FolderReader } from './folder-reader.ts';
import { noMemory, type FileMemory } from './kept-files.ts';
import { limits as defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { looksLikeIndex, looksLikeWorkEffort } from './names.ts';
import { problemOf } from '../items/problems.ts';
import type { Problem } from '../items/problems.ts';
import { readWorkEffortFolder } from './work-effort-folder.ts';

/** What a source's folder holds now. */
export interface Scan {
  /** Each with an id of its own, in the order of their paths. */
  readonly items: readonly Item[];
  /** Of the source; what is wrong within an item is kept with it. */
  readonly problems: readonly Problem[];
  /** Every folder that was read, by its real path; the source's own comes first. */
  readonly folders: readonly string[];
}

export interface ScanOptions {
  /** What is stored of the source: a folder that still has the same stamp is not read again. */
  readonly known?: readonly KnownItem[];
  readonly limits?: Limits;
  /** What was made of files before. Default: nothing is remembered. */
  readonly memory?: FileMemory;
}

/**
 * Reads all work efforts below `realRoot` (absolute, without links), whatever else lies around. A bad file or folder
 * becomes a problem and stops nothing: what is known of work efforts that can't be read now stays. Of two work efforts
 * with one id the first by path counts. Blocks until it is done: {@link ScanThreads} runs it elsewhere.
 *
 * @throws Unreadable when the root itself can't be read, to the end; the system's error when the machine is what fails
 */
export function scanFolder(realRoot: string, options: ScanOptions = {}): Scan {
  const { known = [], limits = defaultLimits, memory = noMemory } = options;
  const byPath = new Map(known.map((item) => [item.path, item]));
  const problems: Problem[] = [];
  const reader = new FolderReader(realRoot, limits, problems);
  const found = findWorkEfforts(reader, known, limits, problems);
  const items = found.map((place) =>
    'hash' in place
      ? { ...place, content: null }
      : readWorkEffortFolder(reader, place, byPath.get(place.path), { limits, memory }, problems),
  );
  // What was in a folder that vanished meanwhile would seem to be gone, and be removed.
  reader.refuseMovedRoot();
  if (reader.exhausted)
    problems.push({ path: '.', reason: `has more than ${limits.entries} files; the rest is not read` });
  return { items: withoutDuplicates(items, problems), problems, folders: reader.folders };
}

/** The folders of work efforts, and in their places those that are known of a folder that can't be read. */
function findWorkEfforts(
  reader: FolderReader,
  known: readonly KnownItem[],
  limits: Limits,
  problems: Problem[],
): (Entry | KnownItem)[] {
  const found: (Entry | KnownItem)[] = [];
  const tooDeep: Entry[] = [];
  const seen = new Set<string>();
  const search = (folder: Folder, depth: number): void => {
    // A link may lead to a folder that was read already, or to one that holds it.
    if (seen.has(folder.realPath)) return;
    seen.add(folder.realPath);
    const entries = listOrReport(reader, folder, problems);
    if (entries === null)
      return void found.push(...known.filter(({ path }) => path.startsWith(join(folder.path, sep))));
    for (const entry of entries.filter(({ kind }) => kind === 'folder')) {
      if (looksLikeWorkEffort(entry.name)) found.push(entry);
      else if (depth < limits.depth) search(entry, depth + 1);
      else tooDeep.push(entry);
    }
    if (folder === reader.root && entries.some(({ name, kind }) => kind === 'file' && looksLikeIndex(name)))
      problems.push({ path: '.', reason: 'is a work effort itself and not read as one; point at the folder above it' });
  };
  search(reader.root, 0);
  const [first] = tooDeep;
  if (first !== undefined) {
    const reason = `has folders more than ${limits.depth + 1} levels down, the first "${first.path}"; they are not read`;
    problems.push({ path: '.', reason });
  }
  if (found.length <= limits.workEfforts) return found;
  problems.push({ path: '.', reason: `has more than ${limits.workEfforts} work efforts; the rest is not read` });
  return found.slice(0, limits.workEfforts);
}

function listOrReport(reader: FolderReader, folder: Folder, problems: Problem[]): Entry[] | null {
  if (folder === reader.root) return reader.list(folder);
  try {
    return reader.list(folder);
  } catch (error) {
    problems.push(problemOf(folder.path, error));
    return null;
  }
}

function withoutDuplicates(items: readonly (Item | null)[], problems: Problem[]): Item[] {
  const byId = new Map<string, Item>();
  for (const item of items) {
    if (item === null) continue;
    const first = byId.get(item.externalId);
    if (first === undefined) byId.set(item.externalId, item);
    else problems.push({ path: item.path, reason: `has the id ${item.externalId}, as "${first.path}" has; not used` });
  }
  return [...byId.values()];
}
