import {
  LeaseStore,
  restOf,
  type Changes,
  type LeaseRow,
  type LeaseTransaction,
  type LedgerRow,
  type LockedWindows,
  type SessionRow,
  type WindowRow,
} from '@purser/budget/protocol';
import type { UsageRecord } from '@purser/contracts';
import type { World } from './world.ts';

type StoredSession = Omit<SessionRow, 'unheardMs'> & { lastSeenAt: number };

/** A budget as the simulation makes it: windows of `periodMs`, or one that never ends. */
export interface SimulatedBudget {
  readonly id: string;
  limit: bigint;
  readonly hard: boolean;
  readonly periodMs: number | null;
}

/** All that is stored, and what it was computed from. */
export interface Stored {
  readonly sessions: Map<string, StoredSession>;
  readonly windows: Map<string, WindowRow & { startsAt: number }>;
  readonly leases: Map<string, LeaseRow>;
  readonly usages: Map<string, UsageRecord>;
  readonly ledger: LedgerRow[];
  readonly quarantined: unknown[];
}

/**
 * The money tables in memory: one transaction at a time, all or nothing, over the world's clock. `onCommit` sees every
 * committed state.
 */
export class MemoryStore {
  readonly stored: Stored = {
    sessions: new Map(),
    windows: new Map(),
    leases: new Map(),
    usages: new Map(),
    ledger: [],
    quarantined: [],
  };
  readonly #world: World;
  readonly #budgets: ReadonlyMap<string, SimulatedBudget>;
  #last: Promise<unknown> = Promise.resolve();
  #ids = 0;
  onCommit: (changes: { windows: WindowRow[]; leases: LeaseRow[] }) => void = () => undefined;

  constructor(world: World, budgets: readonly SimulatedBudget[]) {
    this.#world = world;
    this.#budgets = new Map(budgets.map((budget) => [budget.id, budget]));
  }

  /** The store as one process uses it: a process that dies before its commit has changed nothing. */
  for(process: { readonly dead: boolean }): LeaseStore {
    const store = this;
    return new (class extends LeaseStore {
      transaction<T>(work: (tx: LeaseTransaction) => Promise<T>): Promise<T> {
        return store.#transaction(process, work);
      }
    })();
  }

  setLimit(budgetId: string, limit: bigint): void {
    const budget = this.#budgets.get(budgetId);
    if (!budget) return;
    budget.limit = limit;
    for (const [id, window] of this.stored.windows) {
      if (window.budgetId === budgetId && (window.endsAt ?? Infinity) > this.#world.now) {
        this.stored.windows.set(id, { ...window, limit });
      }
    }
  }

  nextId(): string {
    return `id-${String((this.#ids += 1)).padStart(9, '0')}`;
  }

  async #transaction<T>(process: { readonly dead: boolean }, work: (tx: LeaseTransaction) => Promise<T>): Promise<T> {
    const before = this.#last;
    let free: () => void = () => undefined;
    this.#last = new Promise<void>((resolve) => (free = resolve));
    await before;
    try {
      const tx = new MemoryTransaction(this, this.#world, this.#budgets);
      const result = await work(tx);
      await this.#world.sleep(this.#world.random.between(0.1, 3));
      if (process.dead) throw new Error('the process was killed before it committed');
      this.onCommit(tx.commit());
      return result;
    } finally {
      free();
    }
  }
}

class MemoryTransaction implements LeaseTransaction {
  readonly #store: MemoryStore;
  readonly #world: World;
  readonly #budgets: ReadonlyMap<string, SimulatedBudget>;
  readonly #apply: (() => void)[] = [];
  readonly #newWindows = new Map<string, WindowRow & { startsAt: number }>();
  #changes: { windows: WindowRow[]; leases: LeaseRow[] } = { windows: [], leases: [] };

  constructor(store: MemoryStore, world: World, budgets: ReadonlyMap<string, SimulatedBudget>) {
    this.#store = store;
    this.#world = world;
    this.#budgets = budgets;
  }

  commit(): { windows: WindowRow[]; leases: LeaseRow[] } {
    for (const apply of this.#apply) apply();
    return this.#changes;
  }

  async lockSessions(ids: readonly string[]): ReturnType<LeaseTransaction['lockSessions']> {
    const { sessions, leases } = this.#store.stored;
    const found = ids.flatMap((id) => sessions.get(id) ?? []);
    return {
      sessions: new Map(found.map((session) => [session.id, this.#sessionRow(session)])),
      liveSessions: [...sessions.values()].filter((session) => this.#isLive(session)).length,
      configVersion: 1,
      recalledLeases: [...leases.values()]
        .filter((lease) => ids.includes(lease.session) && lease.state === 'active' && lease.recallEpoch !== null)
        .filter(({ window }) => (this.#store.stored.windows.get(window)?.endsAt ?? Infinity) > this.#world.now)
        .map((lease) => lease.id),
    };
  }

  async lockSessionsOfGateway(gatewayId: string): Promise<SessionRow[]> {
    return [...this.#store.stored.sessions.values()]
      .filter((session) => session.gatewayId === gatewayId && session.state !== 'closed')
      .map((session) => this.#sessionRow(session));
  }

  async insertSession({ id, gatewayId }: { id: string; gatewayId: string }): Promise<void> {
    const lastSeenAt = this.#world.now;
    this.#apply.push(() =>
      this.#store.stored.sessions.set(id, { id, gatewayId, state: 'live', lastSeq: 0, lastSeenAt }),
    );
  }

  async saveSession(row: SessionRow): Promise<void> {
    const { id, state, lastSeq } = row;
    this.#apply.push(() => {
      const session = this.#store.stored.sessions.get(id);
      if (session) this.#store.stored.sessions.set(id, { ...session, state, lastSeq });
    });
  }

  async touchSessions(seen: readonly { id: string; lastSeq: number }[]): Promise<void> {
    const lastSeenAt = this.#world.now;
    this.#apply.push(() => {
      for (const { id, lastSeq } of seen) {
        const session = this.#store.stored.sessions.get(id);
        if (session) this.#store.stored.sessions.set(id, { ...session, lastSeq, lastSeenAt });
      }
    });
  }

  async sessionOfLease(lease: string): Promise<string | undefined> {
    return this.#store.stored.leases.get(lease)?.session;
  }

  async lockCurrentWindows(
    budgetIds: readonly string[],
    leaseIds: readonly string[],
  ): Promise<LockedWindows & { currentWindows: Map<string, string> }> {
    const currentWindows = new Map(budgetIds.flatMap((id) => this.#current(id) ?? []));
    const windowIds = new Set([...currentWindows.values(), ...this.#windowsOf(leaseIds)]);
    const leases = [...this.#store.stored.leases.values()].filter(
      (lease) => windowIds.has(lease.window) && lease.state === 'active',
    );
    return { ...this.#locked(windowIds, leases), currentWindows };
  }

  async windowsOfLeases(leaseIds: readonly string[]): Promise<Map<string, string>> {
    return new Map(leaseIds.flatMap((id) => this.#entry(id)));
  }

  async lockWindowsOfLeases(leaseIds: readonly string[]): Promise<LockedWindows> {
    const leases = leaseIds.flatMap((id) => this.#store.stored.leases.get(id) ?? []);
    return this.#locked(this.#windowsOf(leaseIds), leases);
  }

  async leasesOfSession(
    session: string,
    only?: { budgets: readonly string[]; leases: readonly string[] },
  ): Promise<LockedWindows> {
    const leases = [...this.#store.stored.leases.values()].filter(
      ({ id, budgetId, session: owner, state, recallEpoch }) =>
        owner === session &&
        state === 'active' &&
        (!only || only.budgets.includes(budgetId) || only.leases.includes(id) || recallEpoch !== null),
    );
    return this.#locked(new Set(leases.map((lease) => lease.window)), leases);
  }

  async insertUsages(_batchId: string, records: readonly UsageRecord[]): Promise<Set<string>> {
    const { usages } = this.#store.stored;
    const fresh = new Map(records.filter(({ usageId }) => !usages.has(usageId)).map((r) => [r.usageId, r]));
    this.#apply.push(() => fresh.forEach((record, id) => usages.set(id, record)));
    return new Set(fresh.keys());
  }

  async discardUsages(ids: readonly string[]): Promise<void> {
    this.#apply.push(() => ids.forEach((id) => this.#store.stored.usages.delete(id)));
  }

  async quarantine(records: readonly unknown[]): Promise<void> {
    this.#apply.push(() => this.#store.stored.quarantined.push(...records));
  }

  async publishSettled(): Promise<void> {
    // The reports service is not part of the simulation.
  }

  async save({ windows, leases, ledger }: Changes): Promise<void> {
    this.#changes = { windows: [...windows], leases: [...leases] };
    const changes = this.#changes;
    this.#apply.push(() => {
      const { stored } = this.#store;
      for (const window of changes.windows) {
        const { startsAt } = (stored.windows.get(window.id) ?? this.#newWindows.get(window.id)) as { startsAt: number };
        stored.windows.set(window.id, { ...window, startsAt });
      }
      for (const lease of changes.leases) stored.leases.set(lease.id, { ...lease });
      stored.ledger.push(...ledger);
    });
  }

  #current(budgetId: string): [string, string][] | undefined {
    const budget = this.#budgets.get(budgetId);
    if (!budget) return undefined;
    const { now } = this.#world;
    const startsAt = budget.periodMs === null ? 0 : Math.floor(now / budget.periodMs) * budget.periodMs;
    const known = [...this.#store.stored.windows.values()].find(
      (w) => w.budgetId === budgetId && w.startsAt === startsAt,
    );
    if (known) return [[budgetId, known.id]];
    const window = {
      id: this.#store.nextId(),
      budgetId,
      limit: budget.limit,
      hard: budget.hard,
      settled: 0n,
      held: 0n,
      overrun: 0n,
      epoch: 0,
      tightMark: null,
      tightAt: null,
      endsAt: budget.periodMs === null ? null : startsAt + budget.periodMs,
      startsAt,
    };
    this.#newWindows.set(window.id, window);
    this.#apply.push(() => this.#store.stored.windows.set(window.id, { ...window }));
    return [[budgetId, window.id]];
  }

  #entry(leaseId: string): [string, string][] {
    const lease = this.#store.stored.leases.get(leaseId);
    return lease ? [[leaseId, lease.window]] : [];
  }

  #windowsOf(leaseIds: readonly string[]): Set<string> {
    return new Set(leaseIds.flatMap((id) => this.#store.stored.leases.get(id)?.window ?? []));
  }

  #locked(windowIds: ReadonlySet<string>, leases: readonly LeaseRow[]): LockedWindows {
    const { windows, sessions } = this.#store.stored;
    const rows = [...windowIds].flatMap((id) => windows.get(id) ?? this.#newWindows.get(id) ?? []);
    return {
      now: this.#world.now,
      windows: new Map(rows.map((window) => [window.id, { ...window }])),
      leases: new Map(
        leases.map((lease) => {
          const session = sessions.get(lease.session);
          return [lease.id, { ...lease, sessionLive: session !== undefined && this.#isLive(session) }];
        }),
      ),
    };
  }

  #sessionRow(session: StoredSession): SessionRow {
    const { id, gatewayId, state, lastSeq, lastSeenAt } = session;
    return { id, gatewayId, state, lastSeq, unheardMs: this.#world.now - lastSeenAt };
  }

  #isLive(session: StoredSession): boolean {
    return session.state === 'live' && this.#world.now - session.lastSeenAt < 5_000;
  }
}

/** The money that all leases of a window tie up. */
export function restsOf(stored: Stored, window: string): bigint {
  let sum = 0n;
  for (const lease of stored.leases.values()) if (lease.window === window) sum += restOf(lease);
  return sum;
}
