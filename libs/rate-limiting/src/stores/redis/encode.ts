import type { RateLimit, SlotLimit } from '../../core/limit.ts';
import type { Demand } from '../../core/store.ts';
import { targetOf } from './names.ts';

const MICROSECONDS = 1_000;

/** Keys and arguments of a script, as they are put together. */
export class Arguments {
  readonly keys: string[] = [];
  readonly args: string[] = [];
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(...args: readonly string[]): this {
    this.args.push(...args);
    return this;
  }

  /** The key of a bucket. */
  bucketKey(demand: Pick<Demand, 'limit' | 'subject'>): this {
    this.keys.push(`${this.#prefix}b:${targetOf(demand)}`);
    return this;
  }

  /** The key and what the scripts know of the limit. */
  bucket(demand: { readonly limit: RateLimit; readonly subject: string }): this {
    const { amount, perMs, capacity } = demand.limit;
    this.args.push(String((perMs * MICROSECONDS) / amount), String(capacity));
    return this.bucketKey(demand);
  }

  /** The keys of slots. */
  slots(demand: { readonly limit: SlotLimit; readonly subject: string }): this {
    const target = targetOf(demand);
    this.keys.push(`${this.#prefix}l:${target}`, `${this.#prefix}h:${target}`, `${this.#prefix}w:${target}`);
    return this;
  }
}

/** Leases end at whole milliseconds. */
export function leaseOf({ leaseMs }: SlotLimit): string {
  return String(Math.max(1, Math.ceil(leaseMs)));
}

/** What is kept as a bucket. */
export function isRate(demand: Demand): demand is Demand<RateLimit> {
  return demand.limit.kind === 'rate';
}

/** What is kept as leases. */
export function isSlots(demand: Demand): demand is Demand<SlotLimit> {
  return demand.limit.kind === 'slots';
}
