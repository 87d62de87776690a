import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { sendSignal } from './orphan.ts';
import type { SystemUser } from './run-command.ts';
import { spawnAs } from './run-command.ts';

/**
 * The server's parent. Inputs: the server's command line as arguments; fd 3, a pipe whose other end only our process
 * holds. Writes the server's pid to stdout; exits as the server does. When the pipe closes (we were killed) the server
 * is told to end: fast, and after 30 s at once.
 */
const GUARD = `
"$@" 3<&- &
server=$!
trap '' INT TERM HUP
echo "$server"
exec >&-
(
  read -r _ <&3
  kill -INT "$server"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    sleep 1
    kill -0 "$server" || exit
  done
  kill -QUIT "$server"
) 2>/dev/null &
guard=$!
exec 3<&-
wait "$server"
status=$?
kill -KILL "$guard"
wait "$guard"
exit "$status"
`;

const KEPT_LINES = 40;
const POLL_MS = 15;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
const NOTEWORTHY = /PANIC:|was terminated by signal|not properly shut down|database system is shut down abnormally/;

/** A running server and its guard. */
export class ServerProcess {
  /** The id of PostgreSQL's own first process, not of the guard. */
  readonly pid: number;
  readonly #guard: ChildProcess;
  readonly #lines: string[];
  #stopping: Promise<void> | undefined;

  private constructor(guard: ChildProcess, pid: number, lines: string[]) {
    this.#guard = guard;
    this.pid = pid;
    this.#lines = lines;
  }

  /** Starts the server; the promise resolves when its process exists, long before it takes connections. */
  static async spawn(
    command: string,
    args: readonly string[],
    user: SystemUser | undefined,
    log: (line: string) => void,
  ): Promise<ServerProcess> {
    // Its own session: a terminal's Ctrl-C must not stop the database before its users are done with it.
    const guard = spawn('/bin/sh', ['-c', GUARD, 'purser-postgres-guard', command, ...args], {
      ...spawnAs(user),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const lines: string[] = [];
    const failed = once(guard, 'error').then(([error]) => Promise.reject(error as Error));
    createInterface({ input: guard.stderr! }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      if (NOTEWORTHY.test(line)) log(`PostgreSQL: ${line}`);
    });
    const announced = Promise.race([
      once(createInterface({ input: guard.stdout! }), 'line'),
      once(guard, 'exit').then(() => Promise.reject(new EmbeddedPostgresError('The database guard did not start'))),
    ]);
    announced.catch(() => {});
    const [pid] = (await Promise.race([announced, failed])) as [string];
    for (const stream of [guard.stderr, guard.stdio[3]]) (stream as Socket).unref();
    (guard.stdio[3] as Socket).on('error', () => {});
    guard.unref();
    return new ServerProcess(guard, Number(pid), lines);
  }

  get running(): boolean {
    return this.#guard.exitCode === null && this.#guard.signalCode === null;
  }

  /** What it wrote last, for error messages. */
  get lastOutput(): string {
    return this.#lines.join('\n');
  }

  /** Calls back once when the server has ended without `stop` having been asked for. */
  onUnexpectedExit(callback: (error: EmbeddedPostgresError) => void): void {
    this.#guard.once('exit', (code, signal) => {
      if (this.#stopping) return;
      const how = signal ?? `exit code ${code}`;
      callback(new EmbeddedPostgresError(`PostgreSQL ended unexpectedly (${how}): ${this.lastOutput}`));
    });
  }

  /** Resolves to true when it takes connections; to false when it ended instead. */
  async ready(data: string, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.running) {
      const [pid, , , , , , , status] = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split(
        '\n',
      );
      if (Number(pid) === this.pid && status?.trim() === 'ready') return true;
      if (performance.now() > deadline) {
        throw new EmbeddedPostgresError(`PostgreSQL was not ready after ${timeoutMs} ms: ${this.lastOutput}`);
      }
      await sleep(POLL_MS);
    }
    // Its last words may still be in the pipe.
    await Promise.race([once(this.#guard, 'close'), sleep(200)]);
    return false;
  }

  /** Fast shutdown within `timeoutMs`, then an immediate one, then `kill -9`. Repeated calls share one shutdown. */
  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#shutDown(timeoutMs);
    return this.#stopping;
  }

  async #shutDown(timeoutMs: number): Promise<void> {
    for (const [signal, boundMs] of [
      ['SIGINT', timeoutMs],
      ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
      ['SIGKILL', IMMEDIATE_SHUTDOWN_MS],
    ] as const) {
      if (!this.running) return;
      sendSignal(this.pid, signal);
      const deadline = performance.now() + boundMs;
      while (this.running && performance.now() < deadline) await sleep(POLL_MS);
    }
    if (this.running) throw new EmbeddedPostgresError(`PostgreSQL (pid ${this.pid}) does not end.`);
  }
}
