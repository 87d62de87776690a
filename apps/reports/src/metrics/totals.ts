const MAX_KNOWN = 1_000;

interface Total {
  readonly revision: string;
  readonly total: number;
}

/**
 * How many definitions matched which filters, under which revision of the catalogue: as long as nothing was written, nobody
 * has to count again. At most {@link MAX_KNOWN}; the one that was not asked for the longest goes first.
 */
export class Totals {
  readonly #known = new Map<string, Total>();

  get(filters: string): Total | undefined {
    const known = this.#known.get(filters);
    if (known === undefined) return undefined;
    this.#known.delete(filters);
    this.#known.set(filters, known);
    return known;
  }

  set(filters: string, known: Total): void {
    this.#known.delete(filters);
    this.#known.set(filters, known);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }
}
