/** A binary heap whose members know where they are, by the field given, so that one can be moved or taken out in O(log n). */
export class Heap<F extends PropertyKey, T extends Record<F, number>> {
  readonly #members: T[] = [];
  readonly #field: F;
  readonly #isBefore: (one: T, other: T) => boolean;

  constructor(field: F, isBefore: (one: T, other: T) => boolean) {
    this.#field = field;
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#members[0];
  }

  /** So many of its members, the first among them. */
  some(most: number): readonly T[] {
    return this.#members.slice(0, most);
  }

  add(member: T): void {
    this.#put(member, this.#members.length);
    this.#up(member);
  }

  /** After what it is ordered by has changed. */
  moved(member: T): void {
    this.#up(member);
    this.#down(member);
  }

  remove(member: T): void {
    const last = this.#members.pop()!;
    if (last === member) return;
    this.#put(last, member[this.#field]);
    this.moved(last);
  }

  #put(member: T, index: number): void {
    this.#members[index] = member;
    const indexes: Record<PropertyKey, number> = member;
    indexes[this.#field] = index;
  }

  #up(member: T): void {
    let index: number = member[this.#field];
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#members[parent]!;
      if (!this.#isBefore(member, above)) break;
      this.#put(above, index);
      index = parent;
    }
    this.#put(member, index);
  }

  #down(member: T): void {
    let index: number = member[this.#field];
    for (;;) {
      const child = this.#smallerChild(index);
      if (child === undefined || !this.#isBefore(child, member)) break;
      const below = child[this.#field];
      this.#put(child, index);
      index = below;
    }
    this.#put(member, index);
  }

  #smallerChild(index: number): T | undefined {
    const left = this.#members[2 * index + 1];
    const right = this.#members[2 * index + 2];
    return left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left;
  }
}
