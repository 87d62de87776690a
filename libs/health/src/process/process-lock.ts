import { link, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startedAt } from './process-start.ts';

/** A folder is somebody else's at the moment. */
export class FolderHeldError extends Error {
  /** The process that holds it. */
  readonly pid: number;

  constructor(folder: string, pid: number) {
    super(`${folder} is in use by process ${pid}.`);
    this.name = 'FolderHeldError';
    this.pid = pid;
  }
}

const fileName = 'purser.pid';

/**
 * The right to use a data folder: `purser.pid` in it, with this process' id, so that one process at a time writes there.
 *
 * A file whose process is gone, or whose id belongs to a process that started after the file was written, is left over
 * from a kill and is taken over. It can't see processes of other machines or containers: don't share a folder with those.
 */
export class ProcessLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
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
      if (await create(path)) return new ProcessLock(path);
      const held = await holder(path);
      if (held?.alive) throw new FolderHeldError(folder, held.pid);
      if (held) await removeStale(path, held.inode);
    }
    throw new Error(`${path} keeps being made and removed by others.`);
  }

  /** Gives the folder back, if it is still ours. */
  async release(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    if (Number(text) === process.pid) await rm(this.#path, { force: true });
  }
}

/** Makes the file if there is none; whole at once, so that nobody reads it empty. */
async function create(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid}\n`);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Some mounted file systems have no links; there an empty file may be seen for an instant, and is taken as held.
    return await createExclusively(path);
  } finally {
    await unlink(draft);
  }
}

async function createExclusively(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Who wrote the file; undefined when it is gone meanwhile. */
async function holder(path: string): Promise<{ pid: number; alive: boolean; inode: bigint } | undefined> {
  try {
    const { mtimeMs, ino } = await stat(path, { bigint: true });
    const pid = Number.parseInt(await readFile(path, 'utf8'), 10);
    return { pid, alive: await isHolder(pid, Number(mtimeMs)), inode: ino };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isHolder(pid: number, writtenAtMs: number): Promise<boolean> {
  // Our own id, in a container that was started again: whoever wrote it is gone.
  if (!(pid > 0) || pid === process.pid || !exists(pid)) return false;
  const started = await startedAt(pid);
  // Clocks and file systems round: a second is far less than it takes for process ids to come round.
  return started === undefined || started <= writtenAtMs + 1_000;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Removes the file with this inode. Two may try at once; neither may remove what the other has made since. */
async function removeStale(path: string, inode: bigint): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const { ino } = await stat(aside, { bigint: true });
  if (ino !== inode) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
