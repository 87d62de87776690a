/** What a call owes to the breaker that let it through: one of these, once. What is called after it is passed over. */
export interface Permit {
  /** The dependency answered, `durationMs` after it was asked; perhaps too slowly. */
  succeed(durationMs: number): void;
  fail(): void;
  /** It says nothing of the dependency: the caller went away, or the call was not made after all. */
  ignore(): void;
}

/** What became of a call. */
export type Outcome = 'succeeded' | 'failed' | 'ignored';

/** Takes a permit back. */
export type Settle = (permit: GivenPermit, outcome: Outcome, durationMs: number) => void;

/** A permit as its breaker knows it. */
export class GivenPermit implements Permit {
  /** The state of the breaker it was given in: what comes back after that one has ended says nothing about the next. */
  readonly era: number;
  /** When it is taken back unasked, as late. */
  readonly dueAt: number;
  readonly #settle: Settle;
  #returned = false;

  constructor(settle: Settle, era: number, dueAt: number) {
    this.#settle = settle;
    this.era = era;
    this.dueAt = dueAt;
  }

  succeed(durationMs: number): void {
    this.#return('succeeded', durationMs);
  }

  fail(): void {
    this.#return('failed', 0);
  }

  ignore(): void {
    this.#return('ignored', 0);
  }

  #return(outcome: Outcome, durationMs: number): void {
    if (this.#returned) return;
    this.#returned = true;
    this.#settle(this, outcome, durationMs);
  }
}
