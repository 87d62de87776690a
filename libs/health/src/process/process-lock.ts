import { link, mkdir, open, readFile, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsFile } from './file-holder.ts';

/** A folder is somebody else's at the moment. */
export class FolderHeldError extends Error {
  /** The process that holds it; undefined while it is just taking it. */
  readonly pid: number | undefined;

  constructor(folder: string, pid?: number) {
    super(`${folder} is in use by ${pid === undefined ? 'a process that is just starting' : `process ${pid}`}.`);
    this.name = 'FolderHeldError';
    this.pid = pid;
  }
}

const fileName = 'purser.pid';
/** How long a file may be without its id in it before it counts as left over. */
const unwrittenMs = 5_000;

/**
 * The right to use a data folder: `purser.pid` in it, with this process' id, so that one process at a time writes there.
 * The holder keeps the file open; by that it is told from a later process that was given the same id.
 *
 * A file that nobody holds is left over from a kill, and is taken over. Processes of other machines and containers can't
 * be seen: don't share a folder with those.
 */
export class ProcessLock {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Makes the folder if it is missing, and takes it.
   *
   * @throws FolderHeldError when a live process holds it; nothing is changed then
   */
  static async acquire(folder: string): Promise<ProcessLock> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, fileName);
    for (let attempt = 0; attempt < 10; attempt++) {
      const file = await create(path);
      if (file) return new ProcessLock(path, file);
      await removeUnheld(folder, path);
    }
    throw new Error(`${path} keeps being made and removed by others.`);
  }

  /** Gives the folder back, if it is still ours. */
  async release(): Promise<void> {
    const [own, there] = await Promise.all([this.#file.stat({ bigint: true }), statOf(this.#path)]);
    if (there?.ino === own.ino) await unlink(this.#path);
    await this.#file.close();
  }
}

/** Makes the file if there is none, whole at once, so that nobody reads it empty; gives it open. */
async function create(path: string): Promise<FileHandle | undefined> {
  const draft = `${path}.${process.pid}`;
  const file = await open(draft, 'w');
  try {
    await file.writeFile(`${process.pid}\n`);
    await link(draft, path);
    return file;
  } catch (error) {
    await file.close();
    if (codeOf(error) === 'EEXIST') return undefined;
    // Some mounted file systems have no links.
    return await createInPlace(path);
  } finally {
    await unlink(draft);
  }
}

async function createInPlace(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(`${process.pid}\n`);
    return file;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Removes the file unless a process holds it. Two may try at once; neither may remove what the other has made since. */
async function removeUnheld(folder: string, path: string): Promise<void> {
  const found = await statOf(path);
  if (!found) return;
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  const written = pid > 0;
  if (!written && Date.now() - Number(found.mtimeMs) < unwrittenMs) throw new FolderHeldError(folder);
  // With our own id it is from before this container was started again.
  if (written && pid !== process.pid && (await holdsFile(pid, found))) throw new FolderHeldError(folder, pid);
  const aside = `${path}.stale.${process.pid}`;
  await rename(path, aside).catch(unlessGone);
  const moved = await statOf(aside);
  if (!moved) return;
  if (moved.ino !== found.ino) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

function statOf(path: string) {
  return stat(path, { bigint: true }).catch(unlessGone);
}

function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
