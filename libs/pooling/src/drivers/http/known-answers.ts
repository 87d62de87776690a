import type { HttpAnswer } from './answer-reader.ts';

/** Where answers are kept to be asked for conditionally. What it forgets is asked for anew: it may forget anything. */
export interface AnswerStore {
  get(key: string): HttpAnswer | undefined;
  set(key: string, answer: HttpAnswer): void;
}

/** Bounds of {@link KnownAnswers}. */
export interface KnownAnswersOptions {
  /** Default 1 000. */
  readonly maxEntries?: number;
  /** Of bodies. Default 16 000 000. */
  readonly maxBytes?: number;
}

/** Answers in memory, the least recently used forgotten first. */
export class KnownAnswers implements AnswerStore {
  readonly #answers = new Map<string, HttpAnswer>();
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;

  /** @throws TypeError where a bound is no whole number of at least 1 */
  constructor({ maxEntries = 1_000, maxBytes = 16_000_000 }: KnownAnswersOptions = {}) {
    for (const [field, value] of Object.entries({ maxEntries, maxBytes })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new TypeError(`${field} must be a whole number of at least 1, not ${value}`);
      }
    }
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get(key: string): HttpAnswer | undefined {
    const answer = this.#answers.get(key);
    if (!answer) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer;
  }

  set(key: string, answer: HttpAnswer): void {
    this.#delete(key);
    if (answer.body.length > this.#maxBytes) return;
    this.#answers.set(key, answer);
    this.#bytes += answer.body.length;
    while (this.#answers.size > this.#maxEntries || this.#bytes > this.#maxBytes) {
      this.#delete(this.#answers.keys().next().value!);
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#answers.get(key)?.body.length ?? 0;
    this.#answers.delete(key);
  }
}
