import type { Invalidation } from './invalidation.ts';

export interface PendingInvalidation {
  readonly namespace: string;
  readonly invalidation: Invalidation;
  /** Told when it is done at last. */
  readonly whenDone?: WhenDone | undefined;
}

export type WhenDone = (namespace: string, invalidation: Invalidation) => void;

/** Beyond that, and where everything of it is among it, all that waits for a namespace becomes one: everything of it. */
const MAX_PER_NAMESPACE = 1_000;

/** Invalidations that a tier has yet to be told, in order. Bounded by namespace. */
export class PendingInvalidations {
  readonly #waiting = new Map<string, PendingInvalidation[]>();

  get size(): number {
    let size = 0;
    for (const { length } of this.#waiting.values()) size += length;
    return size;
  }

  concerns(namespace: string): boolean {
    return this.#waiting.size > 0 && this.#waiting.has(namespace);
  }

  add(namespace: string, invalidation: Invalidation, whenDone?: WhenDone): void {
    const waiting = this.#waiting.get(namespace) ?? [];
    const next = { namespace, invalidation, whenDone };
    if (waiting.length < MAX_PER_NAMESPACE && invalidation.kind !== 'all') waiting.push(next);
    else waiting.splice(0, Infinity, everything(namespace, [...waiting, next]));
    this.#waiting.set(namespace, waiting);
  }

  /** The next to be tried; it stays until it is {@link done}. */
  next(): PendingInvalidation | undefined {
    return this.#waiting.values().next().value?.[0];
  }

  done(pending: PendingInvalidation): void {
    const waiting = this.#waiting.get(pending.namespace);
    // It may have become part of "everything" meanwhile.
    if (waiting?.[0] !== pending) return;
    waiting.shift();
    if (waiting.length === 0) this.#waiting.delete(pending.namespace);
  }
}

function everything(namespace: string, of: readonly PendingInvalidation[]): PendingInvalidation {
  const whenDone = of.find((pending) => pending.whenDone !== undefined)?.whenDone;
  return { namespace, invalidation: { kind: 'all' }, whenDone };
}
