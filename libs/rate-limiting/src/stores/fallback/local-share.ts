import { shareOf, type Limit, type SlotLimit } from '../../core/limit.ts';
import { isPromise } from '../../core/promises.ts';
import type { Asker, Correction, Decision, Demand, LimitStore, SlotHold, Standing } from '../../core/store.ts';

type Eventually<T> = T | Promise<T>;

/** What leases of the local store begin with, for whoever holds them: no other store has spaces there. */
const LOCAL = 'local ';

export function isLocal(hold: SlotHold): boolean {
  return hold.lease.startsWith(LOCAL);
}

/** A hold of the local store by the limit that was asked for. It keeps that store's own, which that finds at once. */
class LocalHold implements SlotHold {
  readonly limit: SlotLimit;
  readonly subject: string;
  readonly lease: string;
  readonly #inside: SlotHold;

  constructor({ limit, subject }: Demand<SlotLimit>, inside: SlotHold) {
    this.limit = limit;
    this.subject = subject;
    this.lease = LOCAL + inside.lease;
    this.#inside = inside;
  }

  static insideOf(hold: SlotHold): SlotHold | undefined {
    return hold instanceof LocalHold ? hold.#inside : undefined;
  }
}

/** A store of this process, of which each limit is a share of what was asked for. */
export class LocalShare {
  readonly #store: LimitStore;
  readonly #share: () => number;
  /** What is there again when the other store is, in ms: what a share never allows at once. */
  readonly #retryMs: number;
  #scaledBy = Number.NaN;
  #scaled = new WeakMap<Limit, Limit>();

  constructor(store: LimitStore, share: () => number, retryMs: number) {
    this.#store = store;
    this.#share = share;
    this.#retryMs = retryMs;
  }

  take(demands: readonly Demand[], asker: Asker): Eventually<Decision> {
    return then(this.#store.take(this.#scaleAll(demands), asker), (decision) => this.#asAsked(demands, decision));
  }

  look(demands: readonly Demand[]): Eventually<readonly Standing[]> {
    return this.#store.look(this.#scaleAll(demands));
  }

  correct(corrections: readonly Correction[]): Eventually<void> {
    return this.#store.correct(corrections.map((one) => ({ ...one, limit: this.#scale(one.limit) })));
  }

  release(holds: readonly SlotHold[]): Eventually<void> {
    return this.#store.release(holds.map((hold) => this.#inside(hold)));
  }

  renew(holds: readonly SlotHold[]): Eventually<readonly SlotHold[]> {
    return then(this.#store.renew(holds.map((hold) => this.#inside(hold))), (lost) => {
      const leases = new Set(lost.map(({ lease }) => LOCAL + lease));
      return holds.filter(({ lease }) => leases.has(lease));
    });
  }

  reset(demands: readonly Demand[]): Eventually<void> {
    return this.#store.reset(this.#scaleAll(demands));
  }

  close(): Eventually<void> {
    return this.#store.close();
  }

  #asAsked(demands: readonly Demand[], decision: Decision): Decision {
    if (decision.allowed) {
      const slots = demands.filter(({ limit }) => limit.kind === 'slots');
      const holds = decision.holds.map((hold, index) => new LocalHold(slots[index] as Demand<SlotLimit>, hold));
      return { ...decision, holds };
    }
    if (decision.retryAfterMs !== undefined) return decision;
    const { limit, cost = 1 } = demands[decision.by]!;
    const isAboveShareOnly = limit.kind === 'rate' && cost <= limit.capacity;
    return isAboveShareOnly ? { ...decision, retryAfterMs: this.#retryMs } : decision;
  }

  /** A hold may be another object that says the same, as after a way through JSON. */
  #inside(hold: SlotHold): SlotHold {
    const { limit, subject, lease } = hold;
    return LocalHold.insideOf(hold) ?? { limit: this.#scale(limit), subject, lease: lease.slice(LOCAL.length) };
  }

  #scaleAll(demands: readonly Demand[]): readonly Demand[] {
    return demands.map((demand) => ({ ...demand, limit: this.#scale(demand.limit) }));
  }

  #scale<L extends Limit>(limit: L): L {
    const share = this.#share();
    if (share !== this.#scaledBy) {
      this.#scaled = new WeakMap();
      this.#scaledBy = share;
    }
    let scaled = this.#scaled.get(limit) as L | undefined;
    if (scaled === undefined) this.#scaled.set(limit, (scaled = shareOf(limit, share)));
    return scaled;
  }
}

function then<T, R>(value: Eventually<T>, next: (value: T) => R): Eventually<R> {
  return isPromise(value) ? value.then(next) : next(value);
}
