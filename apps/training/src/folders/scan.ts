import type { Item, KnownItem } from '../items/item.ts';
import type { Entry, Folder } from './folder-reader.ts';
import { FolderReader } from './folder-reader.ts';
import { limits as defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { looksLikeWorkEffort } from './names.ts';
import { problemOf } from '../items/problems.ts';
import type { Problem } from '../items/problems.ts';
import { readWorkEffortFolder } from './work-effort-folder.ts';

/** What a source's folder holds now. */
export interface Scan {
  /** Each with an id of its own, in the order of their paths. */
  readonly items: readonly Item[];
  /** Of the source; what is wrong within an item is kept with it. */
  readonly problems: readonly Problem[];
}

export interface ScanOptions {
  /** What is stored of the source, by path: a folder that still has the same hash is not parsed again. */
  readonly known?: ReadonlyMap<string, KnownItem>;
  readonly limits?: Limits;
  /** Ends the scan with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Files are read by the thread pool, which has four threads: more at once would only wait there. */
const CONCURRENCY = 4;

/**
 * Reads all work efforts below `realRoot` (absolute, without links), whatever else lies around. A bad file or folder
 * becomes a problem and stops nothing; of two work efforts with one id the first by path counts.
 *
 * @throws Unreadable when the root itself can't be read; the system's error when the machine is what fails
 */
export async function scanFolder(realRoot: string, options: ScanOptions = {}): Promise<Scan> {
  const { known = new Map<string, KnownItem>(), limits = defaultLimits, signal } = options;
  const problems: Problem[] = [];
  const reader = new FolderReader(realRoot, limits, problems);
  const found = await findWorkEfforts(reader, limits, problems, signal);
  const folders: (Item | null)[] = found.map(() => null);
  await inParallel(found.length, signal, async (index) => {
    const folder = found[index]!;
    folders[index] = await readWorkEffortFolder(reader, folder, known.get(folder.path), limits, problems);
  });
  if (reader.exhausted)
    problems.push({ path: '.', reason: `has more than ${limits.entries} files; the rest is not read` });
  return { items: withoutDuplicates(folders, problems), problems };
}

async function findWorkEfforts(
  reader: FolderReader,
  limits: Limits,
  problems: Problem[],
  signal: AbortSignal | undefined,
): Promise<Entry[]> {
  const found: Entry[] = [];
  const seen = new Set<string>();
  const search = async (folder: Folder, depth: number): Promise<void> => {
    signal?.throwIfAborted();
    // A link may lead to a folder that was read already, or to one that holds it.
    if (seen.has(folder.realPath)) return;
    seen.add(folder.realPath);
    const entries = await listOrReport(reader, folder, problems);
    for (const entry of entries.filter(({ kind }) => kind === 'folder')) {
      if (looksLikeWorkEffort(entry.name)) found.push(entry);
      else if (depth < limits.depth) await search(entry, depth + 1);
    }
  };
  await search(reader.root, 0);
  if (found.length <= limits.workEfforts) return found;
  problems.push({ path: '.', reason: `has more than ${limits.workEfforts} work efforts; the rest is not read` });
  return found.slice(0, limits.workEfforts);
}

async function listOrReport(reader: FolderReader, folder: Folder, problems: Problem[]): Promise<Entry[]> {
  if (folder === reader.root) return reader.list(folder);
  try {
    return await reader.list(folder);
  } catch (error) {
    problems.push(problemOf(folder.path, error));
    return [];
  }
}

function withoutDuplicates(folders: readonly (Item | null)[], problems: Problem[]): Item[] {
  const byId = new Map<string, Item>();
  for (const folder of folders) {
    if (folder === null) continue;
    const first = byId.get(folder.externalId);
    if (first === undefined) byId.set(folder.externalId, folder);
    else
      problems.push({ path: folder.path, reason: `has the id ${folder.externalId}, as "${first.path}" has; not used` });
  }
  return [...byId.values()];
}

async function inParallel(
  count: number,
  signal: AbortSignal | undefined,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      signal?.throwIfAborted();
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
