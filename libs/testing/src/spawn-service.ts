import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

export interface ServiceOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to the test's own environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The service is up when a line of its output, on either stream, matches. */
  readonly readyLine: RegExp;
  /** For becoming ready. Default 30 000. */
  readonly timeoutMs?: number;
}

export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Service {
  readonly pid: number;
  /** What `readyLine` matched. */
  readonly ready: RegExpExecArray;
  /** The last million characters of both streams. */
  output(): string;
  /** Sends a signal (default SIGTERM) and waits for the end, forced with SIGKILL after `timeoutMs` (default 15 000). */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<ServiceExit>;
  /** `kill -9` of this process alone, as a crash would be; resolves when it has ended. */
  kill9(): Promise<ServiceExit>;
  /** Resolves when the process has ended, however. */
  readonly exited: Promise<ServiceExit>;
}

const OUTPUT_LIMIT = 1_000_000;

/**
 * The guard's only input is the pipe on fd 3, whose other end is ours: when it closes, because the test run ended or
 * was killed, the service's whole process group ($1) is killed.
 */
const GUARD = 'read -r _ <&3; kill -s KILL -- "-$1"';

/**
 * Starts a program and resolves when it is ready. It never outlives the process that runs the test.
 *
 * @throws Error with the program's output when it ends, or is not ready in time; it is gone then.
 */
export async function spawnService(options: ServiceOptions): Promise<Service> {
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the guard reaches what the service starts, and a terminal's Ctrl-C does not.
    detached: true,
  });
  const exited = watchExit(child);
  if (child.pid === undefined) throw new Error(`${options.command} could not be started: ${await startError(child)}`);
  const guard = guardGroup(child.pid);
  void exited.then(() => guard.kill('SIGKILL'));
  const output = collectOutput(child);
  const service = handle(child, exited, output.text);
  try {
    const ready = await becomesReady(options, exited, output);
    return { ...service, ready };
  } catch (error) {
    await service.kill9();
    throw error;
  }
}

function handle(child: ChildProcess, exited: Promise<ServiceExit>, output: () => string): Omit<Service, 'ready'> {
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', timeoutMs = 15_000) => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    return exited.finally(() => clearTimeout(timer));
  };
  return { pid: child.pid!, output, exited, stop, kill9: () => stop('SIGKILL') };
}

function watchExit(child: ChildProcess): Promise<ServiceExit> {
  child.unref();
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}

async function startError(child: ChildProcess): Promise<string> {
  const [error] = (await once(child, 'error')) as [Error];
  return error.message;
}

function guardGroup(pid: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'purser-test-guard', String(pid)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  guard.unref();
  const pipe = guard.stdio[3] as Socket;
  pipe.unref();
  pipe.on('error', () => {});
  return guard;
}

function collectOutput(child: ChildProcess) {
  let text = '';
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr] as Socket[]) {
    let rest = '';
    stream.unref();
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-OUTPUT_LIMIT);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!.slice(-OUTPUT_LIMIT);
      for (const line of lines) for (const listener of listeners) listener(line);
    });
  }
  return { text: () => text, listeners };
}

async function becomesReady(
  { command, readyLine, timeoutMs = 30_000 }: ServiceOptions,
  exited: Promise<ServiceExit>,
  output: ReturnType<typeof collectOutput>,
): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
  const listener = (line: string) => {
    readyLine.lastIndex = 0;
    const match = readyLine.exec(line);
    if (match) resolve(match);
  };
  output.listeners.add(listener);
  const failed = (how: string) => reject(new Error(`${command} ${how}. Its output:\n${output.text()}`));
  const timer = setTimeout(failed, timeoutMs, `was not ready (${readyLine}) within ${timeoutMs} ms`);
  void exited.then(({ code, signal }) => failed(`ended (${signal ?? `exit code ${code}`}) before it was ready`));
  return promise.finally(() => {
    clearTimeout(timer);
    output.listeners.delete(listener);
  });
}
