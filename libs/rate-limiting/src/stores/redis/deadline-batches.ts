import { LimitStoreError } from '../../core/store-error.ts';

export interface BatchOptions<Ask> {
  /** What is asked, for errors: `take`. */
  readonly name: string;
  /** How much goes together, but for one that is larger alone. */
  readonly maxSize: number;
  /** Default: each is 1. */
  readonly sizeOf?: (ask: Ask) => number;
  readonly deadlineMs: number;
  /** @returns an answer for each, in their order; anything else is an error */
  readonly send: (asks: readonly Ask[]) => Promise<unknown>;
  /** What was answered after its deadline, when who asked had been told that it was not. */
  readonly onLate?: (ask: Ask, answer: unknown) => void;
}

interface Waiting<Ask> {
  readonly ask: Ask;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls of one kind whose answers did not come yet, those whose deadline has passed among them. */
const MAX_UNANSWERED = 100_000;

/**
 * Puts what is asked in one turn of the event loop together, and sends it at the end of the turn, or when it is as much as goes
 * together; the first, where nothing is under way, with what is asked in the same breath. Each has its answer, or an error, within
 * the deadline.
 */
export class DeadlineBatches<Ask> {
  readonly #options: BatchOptions<Ask>;
  readonly #underWay = new Set<Promise<void>>();
  #next: Waiting<Ask>[] = [];
  #nextSize = 0;
  #isScheduled = false;
  #unanswered = 0;

  constructor(options: BatchOptions<Ask>) {
    this.#options = options;
  }

  /** @throws LimitStoreError (as a rejection) */
  ask(ask: Ask): Promise<unknown> {
    if (this.#unanswered >= MAX_UNANSWERED) {
      const message = `${this.#options.name}: Redis has not answered ${MAX_UNANSWERED} calls before this one`;
      return Promise.reject(new LimitStoreError('overloaded', message));
    }
    this.#unanswered += 1;
    const { maxSize, sizeOf } = this.#options;
    const size = sizeOf?.(ask) ?? 1;
    if (this.#nextSize + size > maxSize) this.#send();
    return new Promise((resolve, reject) => {
      this.#next.push({ ask, resolve, reject });
      this.#nextSize += size;
      if (this.#nextSize >= maxSize) this.#send();
      else if (!this.#isScheduled) this.#schedule();
    });
  }

  /** Resolves when all that was asked has its answer or error. */
  async settled(): Promise<void> {
    this.#send();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #schedule(): void {
    this.#isScheduled = true;
    const send = (): void => {
      this.#isScheduled = false;
      this.#send();
    };
    // While Redis has nothing to do for us there is nothing to wait for but what runs already.
    if (this.#underWay.size === 0) queueMicrotask(send);
    else setImmediate(send);
  }

  #send(): void {
    const batch = this.#next;
    if (batch.length === 0) return;
    this.#next = [];
    this.#nextSize = 0;
    const done = this.#run(batch).finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /** Resolves at the deadline at the latest. */
  #run(batch: readonly Waiting<Ask>[]): Promise<void> {
    const { name, deadlineMs, send } = this.#options;
    return new Promise((over) => {
      let isLate = false;
      let lastRead: NodeJS.Immediate | undefined;
      const late = (): void => {
        isLate = true;
        const error = new LimitStoreError('late', `${name}: Redis did not answer within ${deadlineMs} ms`);
        for (const { reject } of batch) reject(error);
        over();
      };
      // After a turn that took long, timers run before what came meanwhile is read.
      const timer = setTimeout(() => (lastRead = setImmediate(late)), deadlineMs);
      const ended = (settle: () => void): void => {
        clearTimeout(timer);
        clearImmediate(lastRead);
        this.#unanswered -= batch.length;
        settle();
        over();
      };
      started(send, batch).then(
        (answers) => ended(() => (isLate ? this.#settleLate(batch, answers) : this.#settle(batch, answers))),
        (error: unknown) => ended(() => this.#fail(batch, error)),
      );
    });
  }

  #settle(batch: readonly Waiting<Ask>[], answers: unknown): void {
    if (!Array.isArray(answers) || answers.length !== batch.length) {
      const expected = `a list of ${batch.length}`;
      return this.#fail(batch, badAnswer(this.#options.name, expected, answers));
    }
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index]);
  }

  #settleLate(batch: readonly Waiting<Ask>[], answers: unknown): void {
    const { onLate } = this.#options;
    if (!onLate || !Array.isArray(answers) || answers.length !== batch.length) return;
    for (const [index, { ask }] of batch.entries()) onLate(ask, answers[index]);
  }

  #fail(batch: readonly Waiting<Ask>[], cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error =
      cause instanceof LimitStoreError
        ? cause
        : new LimitStoreError('unavailable', `${this.#options.name}: Redis failed: ${why}`, { cause });
    for (const { reject } of batch) reject(error);
  }
}

/** A client may throw where it should reject. */
async function started<Ask>(send: BatchOptions<Ask>['send'], batch: readonly Waiting<Ask>[]): Promise<unknown> {
  return send(batch.map(({ ask }) => ask));
}

const MAX_SHOWN = 120;

/** The error for an answer that no script of ours gives. */
export function badAnswer(name: string, expected: string, answer: unknown): LimitStoreError {
  const shown = JSON.stringify(answer) ?? String(answer);
  const cut = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
  return new LimitStoreError('bad-answer', `${name}: expected ${expected} from Redis, not ${cut}`);
}
