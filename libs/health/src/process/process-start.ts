import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Linux counts time in hundredths of a second towards programs, whatever the kernel's own tick is. */
const ticksPerSecond = 100;

/** When process `pid` started, in ms since 1970; undefined where that can't be found out. */
export async function startedAt(pid: number): Promise<number | undefined> {
  try {
    return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  } catch {
    return undefined;
  }
}

async function fromProc(pid: number): Promise<number | undefined> {
  const [own, system] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/stat', 'utf8')]);
  // The second field is the program's name, which may hold anything; starttime is the 22nd.
  const ticks = Number(own.slice(own.lastIndexOf(')') + 2).split(' ')[19]);
  const bootedAt = Number(/^btime (\d+)/m.exec(system)?.[1]);
  const ms = (bootedAt + ticks / ticksPerSecond) * 1_000;
  return Number.isFinite(ms) ? ms : undefined;
}

async function fromPs(pid: number): Promise<number | undefined> {
  const options = { timeout: 5_000, env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' } };
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], options);
  const ms = Date.parse(stdout.trim());
  return Number.isFinite(ms) ? ms : undefined;
}
