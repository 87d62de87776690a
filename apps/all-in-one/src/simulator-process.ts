import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** By path, not by package: it is no part of Purser, and images leave it out. */
const defaultMain = fileURLToPath(new URL('../../../tools/provider-simulator/dist/main.js', import.meta.url));

const READY_LINE = /^Simulator is ready on (http:\/\/\S+)$/;
const START_MS = 15_000;
const STOP_MS = 5_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** Up for so long, it is started again without a pause when it dies. */
const STEADY_MS = 60_000;

export interface SimulatorOptions {
  /** Takes what an operator should see. */
  readonly say: (line: string) => void;
  /** Called when it had to take another port after it died. */
  readonly onMoved: (url: string) => Promise<void>;
  /** The program. Default: that of the workspace. */
  readonly main?: string;
}

/**
 * The provider simulator as a process of its own, which it would be if it were a real provider. One that dies is started
 * again, on the same port if that is still free, at growing intervals.
 */
export class SimulatorProcess {
  readonly #options: Required<SimulatorOptions>;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  #url = '';

  private constructor(options: Required<SimulatorOptions>) {
    this.#options = options;
  }

  /** Whether the program is there: images leave it out. */
  static available(main = defaultMain): boolean {
    return existsSync(main);
  }

  /** @throws Error when it does not get ready */
  static async start({ say, onMoved, main = defaultMain }: SimulatorOptions): Promise<SimulatorProcess> {
    const simulator = new SimulatorProcess({ say, onMoved, main });
    await simulator.#spawn('0');
    simulator.#running = simulator.#keepRunning();
    return simulator;
  }

  /** Without a path: `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#url;
  }

  /** The number of its process; undefined between two starts. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends it, forced where it does not end in time. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    child?.kill('SIGTERM');
    const timer = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    await this.#running;
    clearTimeout(timer);
  }

  /** Starts it and waits until it is ready. */
  async #spawn(port: string): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    const child = spawn(process.execPath, [this.#options.main, '--exit-with-parent', '--port', port], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      // A process group of its own: a terminal's Ctrl-C would cut the answers that a drain waits for.
      detached: true,
    });
    this.#child = child;
    this.#ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    }).then(() => (this.#child = undefined));
    try {
      this.#url = await readyUrl(child);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async #keepRunning(): Promise<void> {
    const { say } = this.#options;
    const { signal } = this.#stopping;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(MAX_BACKOFF_MS, 2 * backoffMs)) {
      const startedAt = performance.now();
      await this.#ended;
      if (signal.aborted) return;
      if (performance.now() - startedAt >= STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      say(`The provider simulator ended unasked; starting it again in ${backoffMs / 1_000} s.`);
      await sleep(backoffMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#spawnAgain().catch((error: unknown) => {
        if (!signal.aborted) say(error instanceof Error ? error.message : String(error));
      });
    }
  }

  async #spawnAgain(): Promise<void> {
    const before = this.#url;
    // Its port may be somebody else's by now.
    await this.#spawn(new URL(before).port).catch(() => this.#spawn('0'));
    if (this.#url !== before) await this.#options.onMoved(this.#url);
  }
}

/** The URL that it prints once it answers; rejects when it ends before, or is late. */
function readyUrl(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const failed = (how: string): void => reject(new Error(`The provider simulator ${how}.`));
  const timer = setTimeout(failed, START_MS, `was not ready within ${START_MS / 1_000} s`);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const url = READY_LINE.exec(line)?.[1];
    if (url !== undefined) resolve(url);
  });
  child.once('error', (error) => failed(`can't be started: ${error.message}`));
  child.once('exit', (code, signal) => failed(`ended (${signal ?? `exit code ${code}`}) before it was ready`));
  return promise.finally(() => clearTimeout(timer));
}
