import { Worker } from 'node:worker_threads';
import { Unreadable } from '../items/unreadable.ts';
import type { ScanAnswer, ScanOfSource, ScanTask } from './scan-thread.ts';
import { answering, type Recall } from './thread-memory.ts';

/** Threads that read at the same time; further scans wait for one of them. */
const MAX_THREADS = 2;
/** Threads that hang in a call and can't be ended before it returns; beyond these they take the places of others. */
const MAX_HUNG = 16;
/** A thread that has nothing to do ends after this long: it holds some 15 MB. */
const IDLE_MS = 30_000;
/** As built, or as it stands in the sources, where Node strips the types itself. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './scan-thread.ts' : './scan-thread.js', import.meta.url);

/**
 * Scans folders in threads of their own: there blocking calls are cheap, and thousands of files hold up nobody else. A
 * file system that hangs hangs alone: every call on a source's path is made there, none by the pool that all else in the
 * process shares. Its thread is given up for another at the scan's deadline, and until that one's call returns nothing
 * more is asked of the same path; so each such path costs one thread, and the first {@link MAX_HUNG} cost nobody a place.
 */
export class ScanThreads {
  readonly #script: URL;
  readonly #recall: Recall;
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #all = new Set<Worker>();
  /** Those that were told to end and have not, with the path that each was asked for. */
  readonly #hung = new Map<Worker, string>();
  readonly #timers = new Map<Worker, NodeJS.Timeout>();
  #closed = false;

  /**
   * @param recall what threads ask for what was made of files before
   * @param script of the threads, which answer each task by one message
   */
  constructor(recall: Recall, script = SCRIPT) {
    this.#recall = recall;
    this.#script = script;
  }

  /**
   * Ends with the signal's reason as soon as that is aborted, whatever the thread is doing.
   *
   * @throws Unreadable when the folder can't be read, or hangs since an earlier scan; the system's error when the machine
   * is what fails
   */
  async scan(task: Omit<ScanTask, 'lookOnly'>, signal: AbortSignal): Promise<ScanOfSource> {
    return (await this.#ask(task, signal))!;
  }

  /** Whether the folder is there and may be read. @throws as `scan` */
  async look(task: Pick<ScanTask, 'path' | 'roots'>, signal: AbortSignal): Promise<void> {
    await this.#ask({ ...task, lookOnly: true }, signal);
  }

  async #ask(task: ScanTask, signal: AbortSignal): Promise<ScanOfSource | null> {
    this.#refuseHung(task.path);
    const thread = await this.#take(signal);
    let usable = false;
    try {
      const answer = await ask(thread, task, signal);
      usable = true;
      if ('scan' in answer) return answer.scan;
      if ('unreadable' in answer) throw new Unreadable(answer.unreadable);
      throw Object.assign(new Error(answer.failure.message), { code: answer.failure.code });
    } finally {
      if (usable && !this.#closed) this.#release(thread);
      else this.#end(thread, task.path);
    }
  }

  #refuseHung(path: string): void {
    if ([...this.#hung.values()].includes(path)) throw new Unreadable('does not answer: its file system hangs');
  }

  /** Ends every thread. Scans that wait or run fail by their own signals. */
  close(): void {
    this.#closed = true;
    for (const thread of this.#all) this.#end(thread);
  }

  async #take(signal: AbortSignal): Promise<Worker> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#closed) throw new Error('The threads that scan are closed.');
      const idle = this.#idle.pop();
      if (idle) {
        clearTimeout(this.#timers.get(idle));
        return idle;
      }
      if (this.#all.size - Math.min(this.#hung.size, MAX_HUNG) < MAX_THREADS) return this.#start();
      await this.#freed(signal);
    }
  }

  #start(): Worker {
    const { line, close } = answering(this.#recall);
    const thread = new Worker(this.#script, { workerData: line, transferList: [line.port] });
    this.#all.add(thread);
    // Until it has really ended: one that hangs in a call still takes its place.
    thread.once('exit', () => {
      close();
      this.#all.delete(thread);
      this.#hung.delete(thread);
      this.#waiting.shift()?.();
    });
    // Whoever asked it hears of it from `ask`; an idle one that fails is simply gone.
    thread.on('error', () => this.#forget(thread));
    thread.unref();
    return thread;
  }

  #release(thread: Worker): void {
    this.#idle.push(thread);
    this.#timers.set(thread, setTimeout(() => this.#end(thread), IDLE_MS).unref());
    this.#waiting.shift()?.();
  }

  #end(thread: Worker, asked?: string): void {
    this.#forget(thread);
    if (asked !== undefined && this.#all.has(thread)) {
      this.#hung.set(thread, asked);
      this.#waiting.shift()?.();
    }
    void thread.terminate();
  }

  #forget(thread: Worker): void {
    clearTimeout(this.#timers.get(thread));
    this.#timers.delete(thread);
    const index = this.#idle.indexOf(thread);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  /** Resolves when a thread may be free. */
  async #freed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    const index = this.#waiting.indexOf(resolve);
    if (index !== -1) this.#waiting.splice(index, 1);
  }
}

async function ask(thread: Worker, task: ScanTask, signal: AbortSignal): Promise<ScanAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ScanAnswer>();
  const onAbort = (): void => reject(signal.reason as Error);
  const onExit = (): void => reject(new Error('The thread that scans ended.'));
  signal.addEventListener('abort', onAbort, { once: true });
  thread.once('message', resolve).once('error', reject).once('exit', onExit);
  thread.postMessage(task);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    thread.off('message', resolve).off('error', reject).off('exit', onExit);
  }
}
