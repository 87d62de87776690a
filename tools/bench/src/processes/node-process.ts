import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

const followParent = new URL('../../../setup/follow-parent.mjs', import.meta.url).href;
const START_MS = 120_000;
const STOP_MS = 30_000;
const OUTPUT_KEPT = 20_000;

export interface NodeProcess {
  readonly pid: number;
  /** What the first group of the ready line matched. */
  readonly ready: string;
  /** Sends a message and resolves with the next one that comes; rejects when the process ends or takes too long. */
  ask(message: object, timeoutMs: number): Promise<unknown>;
  /** SIGTERM, and SIGKILL where that does not end it in time. */
  stop(): Promise<void>;
}

export interface NodeProcessOptions {
  readonly args?: readonly string[];
  /** Added to the environment without anything that configures Purser or names a provider. */
  readonly env?: Readonly<Record<string, string>>;
  readonly readyLine: RegExp;
}

/** Starts a script in a Node of its own, which ends when this process does. @throws Error with its output */
export async function startNode(script: string, options: NodeProcessOptions): Promise<NodeProcess> {
  const args = ['--enable-source-maps', `--import=${followParent}`, script, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...plainEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  try {
    const ready = await readyLine(child, script, options.readyLine);
    return {
      pid: child.pid!,
      ready,
      ask: (message, timeoutMs) => ask(child, message, timeoutMs),
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** What a program needs to run at all, so that a DATABASE_URL of this shell does not end up in what is measured. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'LANG'];
  return Object.fromEntries(kept.map((name) => [name, process.env[name]]));
}

function readyLine(child: ChildProcess, script: string, pattern: RegExp): Promise<string> {
  let output = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const failed = (how: string): void => reject(new Error(`${script} ${how}:\n${output}`));
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_KEPT);
      const match = pattern.exec(output);
      if (match) resolve(match[1] ?? match[0]);
    });
  }
  const timer = setTimeout(failed, START_MS, 'did not get ready in time');
  // Not at its exit: what it printed last may not have been read then.
  child.once('close', (code, signal) => failed(`ended (${signal ?? code}) before it was ready`));
  child.once('error', (error) => failed(error.message));
  return promise.finally(() => clearTimeout(timer));
}

async function ask(child: ChildProcess, message: object, timeoutMs: number): Promise<unknown> {
  const ended = new AbortController();
  const onExit = (code: number | null, by: string | null): void => ended.abort(new Error(`It ended (${by ?? code}).`));
  child.once('exit', onExit);
  const answer = once(child, 'message', { signal: AbortSignal.any([ended.signal, AbortSignal.timeout(timeoutMs)]) });
  child.send(message);
  try {
    const [value] = (await answer) as [{ result?: unknown; error?: string }];
    if (value.error !== undefined) throw new Error(value.error);
    return value.result;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.off('exit', onExit);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
