import { Worker } from 'node:worker_threads';
import { Unreadable } from '../items/unreadable.ts';
import type { Scan } from './scan.ts';
import type { ScanAnswer, ScanTask } from './scan-thread.ts';

/** Threads that read at the same time; further scans wait for one of them. */
const MAX_THREADS = 2;
/** A thread that has nothing to do ends after this long: it holds some 15 MB. */
const IDLE_MS = 30_000;
/** As built, or as it stands in the sources, where Node strips the types itself. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './scan-thread.ts' : './scan-thread.js', import.meta.url);

/**
 * Scans folders in threads of their own: there blocking calls are cheap, thousands of files hold up nobody else, and a
 * file system that hangs hangs alone.
 */
export class ScanThreads {
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #all = new Set<Worker>();
  readonly #timers = new Map<Worker, NodeJS.Timeout>();
  #closed = false;

  /**
   * Ends with the signal's reason as soon as that is aborted, whatever the thread is doing.
   *
   * @throws Unreadable when the root can't be read; the system's error when the machine is what fails
   */
  async scan(task: ScanTask, signal: AbortSignal): Promise<Scan> {
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
      else this.#end(thread);
    }
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
      if (this.#all.size < MAX_THREADS) return this.#start();
      await this.#freed(signal);
    }
  }

  #start(): Worker {
    const thread = new Worker(SCRIPT);
    this.#all.add(thread);
    // Until it has really ended: one that hangs in a call still takes its place.
    thread.once('exit', () => {
      this.#all.delete(thread);
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

  #end(thread: Worker): void {
    this.#forget(thread);
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
