/** How long it is remembered that an answer can't be kept, and of how many. */
const PASS_MS = 10_000;
const MAX_PASSES = 1_000;

/** Keys whose answers could not be kept just now: nobody has to wait for another's, which would be of no use. */
export class Passes {
  readonly #until = new Map<string, number>();

  has(key: string): boolean {
    const until = this.#until.get(key);
    return until !== undefined && performance.now() < until;
  }

  add(key: string): void {
    this.#until.delete(key);
    if (this.#until.size >= MAX_PASSES) this.#until.delete(this.#until.keys().next().value!);
    this.#until.set(key, performance.now() + PASS_MS);
  }
}
