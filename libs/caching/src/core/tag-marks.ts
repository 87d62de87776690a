/**
 * When each tag was last invalidated, and when all was, as positions in the order of invalidations of one namespace. An entry holds as long as
 * no mark of its tags is later than the position that its load began at; so invalidating a tag costs the same whatever the
 * number of its entries, which are found out when they are read.
 *
 * Bounded: beyond `maxMarks` the oldest tenth goes, and what has tags and is no younger than those is no longer trusted.
 */
export class TagMarks {
  readonly #marks = new Map<string, number>();
  readonly #maxMarks: number;
  #position = 0;
  #floor = 0;
  /** When everything was invalidated last. */
  #all = 0;

  constructor(maxMarks = 100_000) {
    this.#maxMarks = maxMarks;
  }

  /** The latest position. */
  get position(): number {
    return this.#position;
  }

  mark(tags: readonly string[]): void {
    this.#position += 1;
    for (const tag of tags) {
      // The map's order is that of the marks.
      this.#marks.delete(tag);
      this.#marks.set(tag, this.#position);
    }
    if (this.#marks.size > this.#maxMarks) this.#dropOldest();
  }

  /** Whatever there is, at the same cost. */
  markAll(): void {
    this.#position += 1;
    this.#all = this.#position;
    this.#marks.clear();
  }

  /** Whether nothing that was loaded at `position` with these tags was invalidated since. */
  holds(tags: readonly string[], position: number): boolean {
    if (position < this.#all) return false;
    if (tags.length === 0) return true;
    if (position < this.#floor) return false;
    for (const tag of tags) {
      const mark = this.#marks.get(tag);
      if (mark !== undefined && mark > position) return false;
    }
    return true;
  }

  #dropOldest(): void {
    // Many at once: the way to the first leads past all that were deleted before. An iterator that is kept knows the way, but
    // keeps every table alive that the map has outgrown.
    const left = Math.floor(this.#maxMarks * 0.9);
    for (const [tag, position] of this.#marks) {
      if (this.#marks.size <= left) return;
      this.#marks.delete(tag);
      this.#floor = position;
    }
  }
}
