import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_A_SECOND = 100;
const LOOK_MS = 200;
const QUIET_SHARE = 0.1;

/** Resident memory in megabytes; undefined where the system does not have /proc. */
export function residentMb(pid: number): number | undefined {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status') ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
}

/** Processor time in seconds; undefined where the system does not have /proc. */
function cpuSeconds(pid: number): number | undefined {
  const stat = read(pid, 'stat');
  // The name, in parentheses, may hold spaces: what follows it is counted.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Waits until a process has little left to do, so that what it does after a load does not slow down the next one. */
export async function untilQuiet(pid: number, atMostMs: number): Promise<void> {
  const deadline = performance.now() + atMostMs;
  let before = cpuSeconds(pid);
  do {
    await sleep(LOOK_MS);
    const now = cpuSeconds(pid);
    if (now === undefined || before === undefined || now - before < (QUIET_SHARE * LOOK_MS) / 1_000) return;
    before = now;
  } while (performance.now() < deadline);
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
