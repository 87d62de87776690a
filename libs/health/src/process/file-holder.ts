import { execFile } from 'node:child_process';
import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Whether process `pid` is the one that made `file` and has it open since, and not a later one with the same id.
 * When that can't be found out, it is taken for granted that a live process is.
 */
export async function holdsFile(pid: number, file: BigIntStats): Promise<boolean> {
  if (!exists(pid)) return false;
  try {
    return process.platform === 'linux' ? await hasOpen(pid, file) : await startedBefore(pid, file);
  } catch {
    return exists(pid);
  }
}

/** Asks about open files and not about times: a clock that was set would make a live process look like a later one. */
async function hasOpen(pid: number, file: BigIntStats): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder)) {
    const open = await stat(`${folder}/${descriptor}`, { bigint: true }).catch(() => undefined);
    if (open?.ino === file.ino && open.dev === file.dev) return true;
  }
  return false;
}

async function startedBefore(pid: number, file: BigIntStats): Promise<boolean> {
  const options = { timeout: 5_000, env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' } };
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], options);
  const startedAt = Date.parse(stdout.trim());
  // ps gives whole seconds.
  return Number.isNaN(startedAt) || startedAt <= Number(file.mtimeMs) + 1_000;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
