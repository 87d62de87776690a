import type { AnswerStore, Keeping } from './answer-store.ts';
import { Flight } from './flight.ts';
import type { KeptAnswer } from './kept-answer.ts';
import { KnownRequests } from './known-requests.ts';

export interface AnswerCacheOptions {
  /** The largest answer that is kept, and the largest request that is looked up. */
  readonly maxBytes: number;
  /** How long a request waits for the answer to the same request. */
  readonly waitMs: number;
}

/** After so many others ended without an answer for it, a request goes on alone: it waited long enough. */
const MOST_JOINS = 2;

/** Answers that were given before, and requests under way that others wait for. No failure of it fails a request. */
export class AnswerCache {
  readonly #store: AnswerStore;
  readonly #options: AnswerCacheOptions;
  readonly #flights = new Map<string, Flight>();
  /** Requests whose answers were looked for here. */
  readonly known = new KnownRequests();

  constructor(store: AnswerStore, options: AnswerCacheOptions) {
    this.#store = store;
    this.#options = options;
  }

  get maxBytes(): number {
    return this.#options.maxBytes;
  }

  /** The answer that memory has, without waiting. */
  inMemory(key: string): KeptAnswer | undefined {
    return this.#store.inMemory(key);
  }

  /**
   * The answer that is kept, or that the same request under way gets; else the turn to get one, which has to be ended.
   *
   * @throws the reason of `signal` (as a rejection) where it aborts while this waits
   */
  async claim(key: string, signal: AbortSignal): Promise<KeptAnswer | Turn> {
    for (let joins = 0; joins < MOST_JOINS; joins++) {
      const flight = this.#flights.get(key);
      if (flight === undefined) return this.#lead(key);
      if (flight.full) break;
      const answer = await flight.follow(signal, this.#options.waitMs);
      if (answer !== undefined) return answer;
    }
    return this.#turn(key, new Flight());
  }

  /** The others wait for the look-up too. */
  async #lead(key: string): Promise<KeptAnswer | Turn> {
    const flight = new Flight();
    this.#flights.set(key, flight);
    const answer = await this.#store.get(key);
    if (answer === undefined) return this.#turn(key, flight);
    this.#end(key, flight, answer);
    return answer;
  }

  #turn(key: string, flight: Flight): Turn {
    return new Turn(flight, {
      keep: (answer, keeping) => void this.#keep(key, flight, answer, keeping),
      end: () => this.#end(key, flight, undefined),
    });
  }

  async #keep(key: string, flight: Flight, answer: KeptAnswer, keeping: Keeping): Promise<void> {
    flight.land(answer);
    await this.#store.set(key, answer, keeping);
    // Not before it can be read: who comes meanwhile must not ask the provider again.
    this.#end(key, flight, answer);
  }

  #end(key: string, flight: Flight, answer: KeptAnswer | undefined): void {
    flight.land(answer);
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

/** The right to ask a provider while the same requests wait, and the duty to say how it ended. */
export class Turn {
  readonly #flight: Flight;
  readonly #on: { keep(answer: KeptAnswer, keeping: Keeping): void; end(): void };
  #kept = false;

  constructor(flight: Flight, on: { keep(answer: KeptAnswer, keeping: Keeping): void; end(): void }) {
    this.#flight = flight;
    this.#on = on;
  }

  /** Whether others wait for the answer. */
  get followed(): boolean {
    return this.#flight.followed;
  }

  /** Called whenever nobody waits for the answer any more. */
  set onUnfollowed(listener: () => void) {
    this.#flight.onUnfollowed = listener;
  }

  /** The answer is complete: those who wait have it, and it is kept for those who come. */
  keep(answer: KeptAnswer, keeping: Keeping): void {
    this.#kept = true;
    this.#on.keep(answer, keeping);
  }

  /** Where nothing was kept, those who wait go on without. */
  end(): void {
    if (!this.#kept) this.#on.end();
  }
}
