import { restOf, type LeaseRow, type WindowRow } from '@purser/budget/protocol';
import type { UsageRecord } from '@purser/contracts';
import { restsOf, type MemoryStore } from './memory-store.ts';
import type { World } from './world.ts';

interface Attempt {
  readonly bound: bigint;
  readonly leases: readonly string[];
  billed: bigint;
  /** What the client was told that it cost, once it had the whole answer. */
  acknowledged: { cost: bigint; estimated: boolean } | undefined;
}

/** How long money that became free may take to be seen by everybody. */
const SIGHT_MS = 400;
const SAMPLE_MS = 20;
const MOST_NOTES = 2_000;

/** What really happened, beside what the database believes, and the invariants that must hold between the two. */
export class Truth {
  readonly attempts = new Map<string, Attempt>();
  readonly refusals = { all: 0, wrong: 0 };
  readonly #world: World;
  readonly #store: MemoryStore;
  readonly #billed = new Map<string, bigint>();
  readonly #bound = new Map<string, bigint>();
  readonly #totals = new Map<string, bigint>();
  readonly #available = new Map<string, { at: number; left: number }[]>();
  /** Money of windows that an operator let go of as unspent, though it may be billed all the same. */
  readonly #letGo = new Map<string, bigint>();
  readonly #leases = new Map<string, { state: LeaseRow['state']; returned: bigint }>();

  constructor(world: World, store: MemoryStore) {
    this.#world = world;
    this.#store = store;
    store.onCommit = (changes) => this.#checkCommit(changes);
  }

  /** Money was reserved for an attempt. */
  reserved(leases: readonly string[], bound: bigint): void {
    for (const window of this.#windows(leases)) {
      add(this.#bound, window, bound);
      this.#note(window);
    }
  }

  /** The attempt leaves; from now on the provider may bill it. */
  sent(usageId: string, leases: readonly string[], bound: bigint, billed: bigint): void {
    this.attempts.set(usageId, { bound, leases, billed, acknowledged: undefined });
    for (const window of this.#windows(leases)) {
      add(this.#billed, window, billed < bound ? billed : bound);
      this.#checkBilled(window);
    }
  }

  /** The client has the whole answer. */
  acknowledged(usageId: string, cost: bigint, estimated: boolean): void {
    const attempt = this.attempts.get(usageId);
    if (attempt) attempt.acknowledged = { cost, estimated };
  }

  /** The attempt's bound is free but for what it cost. */
  finished(leases: readonly string[], bound: bigint, cost: bigint): void {
    for (const window of this.#windows(leases)) add(this.#bound, window, (cost < bound ? cost : bound) - bound);
  }

  /** Notes from now on what each window really has left. */
  sample(): void {
    for (const id of this.#store.stored.windows.keys()) this.#note(id);
    this.#world.after(SAMPLE_MS, () => this.sample());
  }

  /** A request was refused for a budget: wrong where it would have fit all the last while. */
  refused(budgetId: string, amount: bigint): void {
    this.refusals.all += 1;
    const { windows } = this.#store.stored;
    const window = [...windows.values()].find(
      (w) => w.budgetId === budgetId && w.startsAt <= this.#world.now && (w.endsAt ?? Infinity) > this.#world.now,
    );
    const notes = window && this.#available.get(window.id);
    const since = this.#world.now - SIGHT_MS;
    if (!notes?.some(({ at }) => at <= since)) return;
    if (notes.every(({ at, left }) => at < since || Number(amount) <= left)) this.refusals.wrong += 1;
  }

  /** Checks what must hold when all is quiet; `abandoned` windows may still hold money. */
  checkQuiet(): void {
    const { stored } = this.#store;
    const abandoned = new Set(
      [...stored.leases.values()]
        .filter((lease) => stored.sessions.get(lease.session)?.state === 'abandoned' && restOf(lease) > 0n)
        .map((lease) => lease.window),
    );
    for (const [id, window] of stored.windows) {
      check(abandoned.has(id) || window.held === 0n, `window ${id} still holds ${window.held}`);
      check(
        window.held === restsOf(stored, id),
        `window ${id} holds ${window.held}, its leases ${restsOf(stored, id)}`,
      );
      for (const field of ['held', 'settled', 'overrun'] as const) {
        const sum = stored.ledger.reduce((total, row) => (row.window === id ? total + row[field] : total), 0n);
        check(
          sum === window[field],
          `window ${id}: the ledger adds up to ${sum} ${field}, the window says ${window[field]}`,
        );
      }
      this.#checkBilled(id);
    }
    check(stored.quarantined.length === 0, 'records were quarantined');
    for (const [usageId, attempt] of this.attempts) this.#checkUsage(usageId, attempt, stored.usages.get(usageId));
  }

  #checkUsage(usageId: string, { acknowledged, leases, bound }: Attempt, usage: UsageRecord | undefined): void {
    const lost = leases.some((id) => {
      const session = this.#store.stored.leases.get(id)?.session ?? '';
      return this.#store.stored.sessions.get(session)?.state === 'abandoned';
    });
    // A gateway that lost its power may have lost closes, or opens that were not synced: their money stays held.
    if (lost) return;
    check(usage !== undefined, `attempt ${usageId} was sent and is not settled`);
    if (!acknowledged || !usage) return;
    check(
      BigInt(usage.cost) === acknowledged.cost,
      `usage ${usageId} cost ${usage.cost}, the client was told ${acknowledged.cost}`,
    );
    check(!acknowledged.estimated || acknowledged.cost === bound, `usage ${usageId} was estimated below its bound`);
  }

  #checkCommit(changes: { windows: WindowRow[]; leases: LeaseRow[] }): void {
    const { stored } = this.#store;
    for (const { id, window, state, returned } of changes.leases) {
      const before = this.#leases.get(id);
      if (state === 'released' && before?.state === 'active') add(this.#letGo, window, returned - before.returned);
      this.#leases.set(id, { state, returned });
    }
    for (const { id } of changes.windows) {
      const window = stored.windows.get(id) as WindowRow;
      const total = window.settled + window.held - window.overrun;
      const before = this.#totals.get(id) ?? 0n;
      check(
        !window.hard || total <= window.limit || total <= before,
        `window ${id} was raised to ${total} of ${window.limit}`,
      );
      check(window.held >= 0n && window.settled >= 0n && window.overrun >= 0n, `window ${id} has a negative total`);
      check(
        window.held === restsOf(stored, id),
        `window ${id} holds ${window.held}, its leases ${restsOf(stored, id)}`,
      );
      this.#totals.set(id, total);
      this.#checkBilled(id);
    }
    for (const lease of changes.leases) check(restOf(lease) >= 0n, `lease ${lease.id} has a negative rest`);
  }

  #checkBilled(windowId: string): void {
    const window = this.#store.stored.windows.get(windowId);
    if (!window) return;
    const billed = (this.#billed.get(windowId) ?? 0n) - (this.#letGo.get(windowId) ?? 0n);
    check(
      billed <= window.settled + window.held,
      `window ${windowId}: ${billed} billed, ${window.settled} settled, ${window.held} held`,
    );
  }

  /** What a window has left but for attempts that are open, and costs that are on their way to it. */
  #left(id: string, window: WindowRow): bigint {
    // `bound` holds open bounds and finished costs for ever; what is settled of them is in `settled` too.
    return window.limit - (this.#bound.get(id) ?? 0n) - window.overrun;
  }

  #note(id: string): void {
    const window = this.#store.stored.windows.get(id);
    if (!window) return;
    const notes = this.#available.get(id) ?? [];
    notes.push({ at: this.#world.now, left: Number(this.#left(id, window)) });
    if (notes.length > MOST_NOTES) notes.splice(0, MOST_NOTES / 2);
    this.#available.set(id, notes);
  }

  #windows(leases: readonly string[]): string[] {
    return leases.flatMap((id) => this.#store.stored.leases.get(id)?.window ?? []);
  }
}

function add(map: Map<string, bigint>, key: string, amount: bigint): void {
  map.set(key, (map.get(key) ?? 0n) + amount);
}

/** @throws Error when an invariant does not hold */
function check(holds: boolean, what: string): void {
  if (!holds) throw new InvariantError(what);
}

export class InvariantError extends Error {
  override name = 'InvariantError';
}
