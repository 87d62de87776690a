import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { runCommand } from './run-command.ts';

const POLL_MS = 20;
const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

/**
 * Stops a server that an earlier run left behind on this data folder, and removes a pid file whose process is gone or
 * is no PostgreSQL. To be called by the holder of the folder's lock only: with it, a server on the folder is an orphan.
 *
 * @throws EmbeddedPostgresError when the server was not started by us, or does not end.
 */
export async function stopOrphan(data: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number.parseInt((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0] ?? '', 10);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const found = await whatRunsAs(pid, data);
  if (found === 'another server') {
    throw new EmbeddedPostgresError(
      `Process ${pid} is a PostgreSQL on ${data} that Purser did not start: stop it, or choose another data folder.`,
    );
  }
  if (found === 'orphan') {
    log(`A PostgreSQL (pid ${pid}) was left running by an earlier start: stopping it`);
    await endServer(pid, data);
  } else {
    // PostgreSQL itself refuses to start while any process has that id.
    await rm(pidFile, { force: true });
  }
}

async function endServer(pid: number, data: string): Promise<void> {
  for (const [signal, boundMs] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    sendSignal(pid, signal);
    const deadline = performance.now() + boundMs;
    while (performance.now() < deadline) {
      if ((await whatRunsAs(pid, data)) === 'nothing') return;
      await sleep(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(`The PostgreSQL left running (pid ${pid}) does not end: stop it by hand.`);
}

/** Sends a signal to a process that may have ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function whatRunsAs(pid: number, data: string): Promise<'nothing' | 'orphan' | 'another server'> {
  const command = await commandLine(pid);
  if (command.includes(data)) return 'orphan';
  if (process.platform === 'linux') {
    // Every PostgreSQL process works in its data folder; one that we may not look into can't be on ours.
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
    if (folder !== data) return 'nothing';
    // A process that is ending loses its command line before its folder. Whose it was no longer matters: it is waited for.
    return command === '' ? 'orphan' : 'another server';
  }
  return /\bpostgres\b/.test(command) ? 'another server' : 'nothing';
}

// Empty for a process that has ended, also where nobody has reaped it yet.
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  }
  const result = await runCommand('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeoutMs: 5_000 });
  return result.code === 0 && !result.output.includes('<defunct>') ? result.output : '';
}
