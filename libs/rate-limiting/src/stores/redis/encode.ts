import type { RateLimit, SlotLimit } from '../../core/limit.ts';
import type { Asker, Demand, WaitingLine } from '../../core/store.ts';
import { targetOf, textOf } from './names.ts';

const MICROSECONDS = 1_000;
/** Of the clients in a line; the others have their turn. */
const MAX_TOLD = 16;

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

  /** Who waits behind whoever asks. */
  line(demands: readonly Demand[], { client, line, waits }: Asker): this {
    const at = line === undefined || !waits ? -1 : demands.findIndex((demand) => isIn(line, demand));
    if (at < 0) return this.add('0', '0');
    const behind = line!.clients(MAX_TOLD).filter((one) => one.client !== client || one.waiting > 1);
    this.add(String(at + 1), String(behind.length));
    for (const one of behind) this.add(String(one.weight), textOf(one.client));
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

function isIn({ limitName, subject }: WaitingLine, demand: Demand): boolean {
  return demand.limit.name === limitName && demand.subject === subject;
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
