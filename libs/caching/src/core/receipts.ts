interface Awaited {
  readonly from: Set<string>;
  readonly end: (complete: boolean) => void;
}

/** Which replicas have yet to say that they heard a message. Bounded: each message is waited for so long at most. */
export class Receipts {
  readonly #awaited = new Map<string, Awaited>();

  /** Resolves to true when all of them have said so or are gone, to false after `timeoutMs`. */
  await(id: string, from: Iterable<string>, timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (complete: boolean): void => {
      clearTimeout(timer);
      this.#awaited.delete(id);
      resolve(complete);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    this.#awaited.set(id, { from: new Set(from), end });
    return promise;
  }

  received(id: string, from: string): void {
    const awaited = this.#awaited.get(id);
    if (awaited?.from.delete(from) && awaited.from.size === 0) awaited.end(true);
  }

  /** Of a replica that has left nothing more will come. */
  gone(from: string): void {
    for (const id of [...this.#awaited.keys()]) this.received(id, from);
  }

  /** Nothing more is waited for. */
  end(): void {
    for (const { end } of [...this.#awaited.values()]) end(true);
  }
}
