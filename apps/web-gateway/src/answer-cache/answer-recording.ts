import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { keptHeaders, type KeptAnswer } from './kept-answer.ts';

/** Collects one answer on its way to its client, so that it can be given to others. Too large a one is none. */
export class AnswerRecording {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  piece(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#maxBytes) this.#pieces.push(bytes);
    else this.#pieces = [];
  }

  /** The answer once its last piece was taken; undefined where it is too large, or is no text. */
  answer(modelId: string, provided: IncomingHttpHeaders): KeptAnswer | undefined {
    if (this.#bytes > this.#maxBytes) return undefined;
    const body = Buffer.concat(this.#pieces);
    return isUtf8(body) ? { modelId, headers: keptHeaders(provided), body, ageMs: 0 } : undefined;
  }
}
