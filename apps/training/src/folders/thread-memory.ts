import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { FileMemory, KeptFiles } from './kept-files.ts';

/** After which a thread reads the files itself. */
const RECALL_TIMEOUT_MS = 1_000;

/** What a thread is started with to recall by. */
export interface RecallLine {
  readonly port: MessagePort;
  /** Counts the answers. */
  readonly answers: Int32Array;
}

interface Question {
  readonly id: number;
  readonly folderKey: string;
}

interface Answer {
  readonly id: number;
  readonly files: KeptFiles | undefined;
}

/** Looks up what was made of the files of a folder. It never rejects. */
export type Recall = (folderKey: string) => Promise<KeptFiles | undefined>;

/** The end of a line at which questions are answered. */
export function answering(recall: Recall): { line: RecallLine; close: () => void } {
  const { port1: own, port2: port } = new MessageChannel();
  const answers = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const answer = async ({ id, folderKey }: Question): Promise<void> => {
    own.postMessage({ id, files: await recall(folderKey) } satisfies Answer);
    Atomics.add(answers, 0, 1);
    Atomics.notify(answers, 0);
  };
  own.on('message', (question: Question) => void answer(question));
  own.unref();
  return { line: { port, answers }, close: () => own.close() };
}

/** The memory of a thread that scans: it asks its line, which it waits for, and hands over what is to be kept at the end. */
export class ThreadMemory implements FileMemory {
  readonly kept = new Map<string, KeptFiles>();
  readonly #line: RecallLine;
  static #questions = 0;

  constructor(line: RecallLine) {
    this.#line = line;
  }

  keep(folderKey: string, files: KeptFiles): void {
    this.kept.set(folderKey, files);
  }

  recall(folderKey: string): KeptFiles | undefined {
    const { port, answers } = this.#line;
    const id = (ThreadMemory.#questions += 1);
    const endsAt = performance.now() + RECALL_TIMEOUT_MS;
    let seen = Atomics.load(answers, 0);
    port.postMessage({ id, folderKey } satisfies Question);
    for (;;) {
      // What comes late of an earlier question is let pass.
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const answer = next.message as Answer;
        if (answer.id === id) return answer.files;
      }
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0 || Atomics.wait(answers, 0, seen, leftMs) === 'timed-out') return undefined;
      seen = Atomics.load(answers, 0);
    }
  }
}
