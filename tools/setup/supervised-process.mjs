import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { prefixLines } from './prefix-lines.mjs';
import { exitCode } from './run.mjs';

/**
 * @typedef {object} ProcessPlan
 * @property {string} name as it stands before each of its lines
 * @property {readonly string[]} args for Node, the script first
 * @property {NodeJS.ProcessEnv} env
 *
 * @typedef {object} Timing
 * @property {number} firstBackoffMs before the first new start; doubles with each further one
 * @property {number} maxBackoffMs
 * @property {number} steadyAfterMs up for so long, a process has its backoff forgotten
 * @property {number} maxFirstStarts starts without ever getting ready, after which it is given up
 */

/** @type {Timing} */
export const defaultTiming = { firstBackoffMs: 500, maxBackoffMs: 30_000, steadyAfterMs: 30_000, maxFirstStarts: 5 };

const lastLinesMs = 1_000;

const followParent = new URL('./follow-parent.mjs', import.meta.url).href;

/** What a process prints once it would answer, as in `budget is ready on http://127.0.0.1:41234`. */
const readyLine = /^\S+ is ready on (https?:\/\/\S+)$/;

/**
 * One process that is kept running: when it dies unasked it is started again, at growing intervals, and that is said.
 *
 * It lives in a process group of its own. Ctrl-C would otherwise reach all processes at once, and the order in which they
 * are stopped (those that hold money before those that lend it) would be lost.
 */
export class SupervisedProcess {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #stopping = new AbortController();
  #starts = 0;
  #wasReady = false;
  /** @type {Promise<void>} */
  #loop = Promise.resolve();
  /** @type {(url: string) => void} */
  #becomeReady = () => {};
  /** @type {(error: Error) => void} */
  #giveUp = () => {};
  #lastCode = 0;
  #killed = false;

  /**
   * @param {ProcessPlan} plan
   * @param {{ output: NodeJS.WritableStream, say: (message: string) => void, timing?: Timing }} options
   */
  constructor(plan, { output, say, timing = defaultTiming }) {
    this.name = plan.name;
    this.plan = plan;
    this.output = output;
    this.say = say;
    this.timing = timing;
    /**
     * Resolves with its URL when it has been ready for the first time; rejects when it was given up before that.
     * @type {Promise<string>}
     */
    this.ready = new Promise((done, failed) => {
      this.#becomeReady = done;
      this.#giveUp = failed;
    });
    // Whoever stops before asking must not be ended by an unhandled rejection.
    this.ready.catch(() => {});
  }

  /** The running process's number, undefined between two starts. */
  get pid() {
    return this.#child?.pid;
  }

  /** Starts it, and keeps it running until `stop`. */
  start() {
    this.#loop = this.#keepRunning();
  }

  /**
   * Asks it to drain and waits; after `ceilingMs` it is killed. Safe to call at any time and more than once.
   * @param {number} ceilingMs
   * @returns {Promise<boolean>} whether it ended as asked, having drained what there was
   */
  async stop(ceilingMs) {
    this.#stopping.abort();
    this.#giveUp(new Error(`${this.name} was stopped before it got ready`));
    this.#child?.kill('SIGTERM');
    const ceiling = setTimeout(() => this.kill(), ceilingMs);
    await this.#loop;
    clearTimeout(ceiling);
    // Before it was ready it had nothing to drain, and maybe no ear for the signal yet.
    const drained = this.#lastCode === 0 || (!this.#wasReady && this.#lastCode === exitCode(null, 'SIGTERM'));
    return drained && !this.#killed;
  }

  /** Ends it at once. */
  kill() {
    this.#stopping.abort();
    if (!this.#child) return;
    this.#killed = true;
    this.say(`${this.name} is killed: it did not end in time`);
    this.#child.kill('SIGKILL');
  }

  async #keepRunning() {
    while (!this.#stopping.signal.aborted) {
      this.#starts += 1;
      const startedAt = Date.now();
      this.#lastCode = await this.#runOnce();
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - startedAt >= this.timing.steadyAfterMs) this.#starts = 1;
      const ended = `${this.name} ended unasked with exit code ${this.#lastCode}`;
      if (!this.#wasReady && this.#starts >= this.timing.maxFirstStarts) {
        return this.#giveUp(new Error(`${ended}, ${this.#starts} times without getting ready: see its output above`));
      }
      const waitMs = Math.min(this.timing.maxBackoffMs, this.timing.firstBackoffMs * 2 ** (this.#starts - 1));
      this.say(`${ended}; starting it again in ${waitMs / 1000} s`);
      // Ended early by `stop`, whose abort is looked at next.
      await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  /** @returns {Promise<number>} its exit code, once its output has been passed on whole */
  #runOnce() {
    const { args, env } = this.plan;
    const child = spawn(process.execPath, ['--enable-source-maps', `--import=${followParent}`, ...args], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const prefix = `[${this.name}] `;
    child.stdout?.pipe(prefixLines(prefix, (line) => this.#look(line))).pipe(this.output, { end: false });
    child.stderr?.pipe(prefixLines(prefix)).pipe(this.output, { end: false });
    return new Promise((done) => {
      child.once('error', (error) => this.say(`${this.name} can't be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        this.#child = undefined;
        // Its last lines are still on their way; but a process of its own that outlives it could hold the pipe open for ever.
        const passedOn = setTimeout(() => done(exitCode(code, signal)), lastLinesMs);
        child.once('close', () => {
          clearTimeout(passedOn);
          done(exitCode(code, signal));
        });
      });
    });
  }

  /** @param {string} line */
  #look(line) {
    const url = readyLine.exec(line)?.[1];
    if (url === undefined) return;
    this.#wasReady = true;
    this.#becomeReady(url);
  }
}
