import { Worker } from 'node:worker_threads';
import type { Answer, Answers, Call, DiskProblem, Held, ThreadOptions } from './calls.ts';

/** Calls that wait for the thread, and about the bytes that they hold; beyond either, calls are refused at once. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Of one message: what takes the thread a few milliseconds. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** A thread that ended by itself is started again, at most this often. */
const RESTART_MS = 5_000;
/** How long a thread may take to close; one whose disk hangs is left behind after it. */
const CLOSE_MS = 10_000;

/** As built, or as it stands in the sources, where Node strips the types itself. */
const SCRIPT = new URL(import.meta.url.endsWith('.ts') ? './disk-thread.ts' : './disk-thread.js', import.meta.url);

interface Waiting {
  readonly call: Call;
  readonly bytes: number;
  resolve(value: Extract<Answer, { value: unknown }>['value']): void;
  reject(error: Error): void;
}

const NOTHING_HELD: Held = {
  bytes: null,
  entries: null,
  evictions: 0,
  expirations: 0,
  unreadable: 0,
  writeFailures: 0,
};

/**
 * The thread that has the disk, and the calls that wait for it. One batch is with the thread at a time; what comes meanwhile
 * makes the next one, so that the busier it is the less each call costs. It keeps no process alive that waits for nothing.
 */
export class DiskThread {
  readonly #options: Pick<ThreadOptions, 'folder' | 'maxBytes' | 'compressAboveBytes'>;
  readonly #script: URL;
  readonly #onProblem: (problem: DiskProblem) => void;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sent: readonly Waiting[] = [];
  #isSending = false;
  #thread: Worker | undefined;
  #startedAt = -Infinity;
  #positionsFrom = 0;
  #missedInvalidations = false;
  #closing: Promise<void> | undefined;
  held = NOTHING_HELD;

  /** @param script of the thread, which answers each batch by one message */
  constructor(
    options: Pick<ThreadOptions, 'folder' | 'maxBytes' | 'compressAboveBytes'>,
    onProblem: (problem: DiskProblem) => void,
    script = SCRIPT,
  ) {
    this.#options = options;
    this.#onProblem = onProblem;
    this.#script = script;
  }

  /** @throws Error when too many wait, when it is closed, and when the disk fails */
  async ask(call: Call, bytes = 0): Promise<Extract<Answer, { value: unknown }>['value']> {
    if (this.#closing) throw new Error('The disk store is closed.');
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES)
      throw new Error(`The disk does not keep up: ${this.#waiting.length} calls wait for it.`);
    return this.#enqueue(call, bytes);
  }

  /** Ends the thread once all that waits is done, or after 10 s. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    if (!this.#thread && this.#waiting.length === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(resolve, CLOSE_MS, 'late');
    const closed = this.#enqueue({ kind: 'close' }, 0).then(
      () => 'closed',
      () => 'closed',
    );
    const how = await Promise.race([closed, late]);
    clearTimeout(timer);
    const thread = this.#thread;
    this.#thread = undefined;
    if (how === 'closed') return void (await thread?.terminate());
    this.#onProblem({ kind: 'failing', message: `The disk store in ${this.#options.folder} did not close in time.` });
    this.#fail('The disk store is closed.');
    // A call that hangs in the system can't be ended: it is left behind.
    void thread?.terminate();
  }

  #enqueue(call: Call, bytes: number): Promise<Extract<Answer, { value: unknown }>['value']> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, bytes, resolve, reject });
      this.#waitingBytes += bytes;
      this.#sendSoon();
    });
  }

  /** Once all that is asked for in this turn is there. */
  #sendSoon(): void {
    if (this.#isSending || this.#sent.length > 0) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#waiting.length === 0) return void this.#thread?.unref();
    // Nobody waits for this turn: what it threw would end the process.
    try {
      const thread = this.#thread ?? this.#start();
      if (!thread) return this.#fail('The thread of the disk store ended.');
      this.#sent = this.#nextBatch();
      thread.ref();
      thread.postMessage(this.#sent.map(({ call }) => call));
    } catch (error) {
      this.#thread?.unref();
      this.#fail(
        `The thread of the disk store can't be told: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #nextBatch(): readonly Waiting[] {
    let [count, bytes] = [0, 0];
    do bytes += this.#waiting[count++]!.bytes;
    while (count < Math.min(MAX_BATCH, this.#waiting.length) && bytes + this.#waiting[count]!.bytes <= MAX_BATCH_BYTES);
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  #start(): Worker | undefined {
    if (performance.now() - this.#startedAt < RESTART_MS) return undefined;
    this.#startedAt = performance.now();
    const workerData: ThreadOptions = {
      ...this.#options,
      positionsFrom: this.#positionsFrom,
      missedInvalidations: this.#missedInvalidations,
    };
    // It needs none of the flags that the process was started with, and some are refused for a file.
    const thread = new Worker(this.#script, { workerData, name: 'disk store', execArgv: [] });
    this.#thread = thread;
    thread.on('message', (answers: Answers) => this.#answered(answers));
    thread.on('error', (error) => this.#ended(thread, error instanceof Error ? error.message : String(error)));
    thread.on('exit', () => this.#ended(thread, 'it ended'));
    return thread;
  }

  #answered({ answers, held, problems, position }: Answers): void {
    const sent = this.#sent;
    this.#sent = [];
    this.held = held;
    this.#positionsFrom = position;
    this.#missedInvalidations = false;
    for (const [index, { resolve, reject }] of sent.entries()) {
      const answer = answers[index]!;
      if ('value' in answer) resolve(answer.value);
      else reject(new Error(answer.failure));
    }
    for (const problem of problems) this.#onProblem(problem);
    this.#send();
  }

  #ended(thread: Worker, why: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    if (this.#closing && this.#sent.length + this.#waiting.length === 0) return;
    this.held = { ...this.held, bytes: null, entries: null };
    this.#onProblem({
      kind: 'failing',
      message: `The thread of the disk store in ${this.#options.folder} failed: ${why}.`,
    });
    this.#fail('The thread of the disk store ended.');
  }

  #fail(why: string): void {
    const all = [...this.#sent, ...this.#waiting.splice(0)];
    this.#sent = [];
    this.#waitingBytes = 0;
    this.#missedInvalidations ||= all.some(({ call }) => call.kind === 'invalidate');
    for (const { reject } of all) reject(new Error(why));
  }
}
