import type { RequestOf, ResponseOf, lease as leaseContract } from '@purser/contracts';
import { remainingOf, restOf, type LeaseRow, type LedgerRow, type WindowRow } from './rows.ts';

export type LeaseMessage = RequestOf<typeof leaseContract>;
export type LeaseAnswer = Exclude<ResponseOf<typeof leaseContract>, { fenced: true }>;

/** How long a need waits for a recall to be answered, whatever its own `maxWaitMs`. */
const RECALL_WAIT_MS = 1_000;
/** A window stays tight this long after the last need that did not fit. */
const TIGHT_FOR_MS = 10_000;

/** The rows that one grant works on, all locked; it changes them in place. */
export interface GrantState {
  /** ms since the Unix epoch by the database's clock, read after the locks were taken. */
  readonly now: number;
  readonly liveSessions: number;
  readonly configVersion: number;
  readonly windows: ReadonlyMap<string, WindowRow>;
  /** The id of each budget's current window; a budget that does not exist has none. */
  readonly currentWindows: ReadonlyMap<string, string>;
  /** All active leases of those windows. New ones are added. */
  readonly leases: Map<string, LeaseRow>;
  readonly newId: () => string;
}

/** What a grant did beside changing the rows. */
export interface GrantOutcome {
  /** By session. */
  readonly answers: Map<string, LeaseAnswer>;
  readonly changedWindows: Set<WindowRow>;
  readonly changedLeases: Set<LeaseRow>;
  readonly ledger: LedgerRow[];
  readonly recalls: { window: string; epoch: number }[];
}

/**
 * Decides a group of lease messages (new ones of live sessions) as one: first all returns, then all needs, the longest
 * waiting first. A need is granted in all of its windows or in none. No hard window's `settled + held` is raised above
 * its limit.
 */
export function grant(state: GrantState, messages: readonly LeaseMessage[]): GrantOutcome {
  return new Grant(state, messages).run();
}

class Grant {
  readonly #state: GrantState;
  readonly #messages: readonly LeaseMessage[];
  readonly #bySessionAndWindow = new Map<string, LeaseRow>();
  readonly #byWindow = new Map<string, LeaseRow[]>();
  readonly #shown = new Map<string, Set<LeaseRow>>();
  readonly #outcome: GrantOutcome = {
    answers: new Map(),
    changedWindows: new Set(),
    changedLeases: new Set(),
    ledger: [],
    recalls: [],
  };

  constructor(state: GrantState, messages: readonly LeaseMessage[]) {
    this.#state = state;
    this.#messages = messages;
    for (const lease of state.leases.values()) this.#index(lease);
    for (const { session, seq } of messages) {
      this.#outcome.answers.set(session, {
        seq,
        leases: [],
        refused: [],
        wait: [],
        configVersion: state.configVersion,
      });
      this.#shown.set(session, new Set());
    }
  }

  run(): GrantOutcome {
    for (const message of this.#messages) for (const given of message.returns) this.#takeBack(message.session, given);
    for (const window of this.#state.windows.values()) this.#loosen(window);
    const needs = this.#messages.flatMap((message) =>
      message.needs.map((need) => ({ session: message.session, need })),
    );
    needs.sort((a, b) => b.need.waitedMs - a.need.waitedMs);
    for (const { session, need } of needs) this.#decide(session, need);
    this.#showLeases();
    return this.#outcome;
  }

  #takeBack(session: string, given: LeaseMessage['returns'][number]): void {
    const lease = this.#state.leases.get(given.lease);
    if (lease?.session !== session) return;
    this.#shown.get(session)?.add(lease);
    const window = this.#state.windows.get(lease.window);
    if (!window) return;
    if (lease.recallEpoch !== null && given.epoch >= lease.recallEpoch) {
      lease.recallEpoch = null;
      this.#outcome.changedLeases.add(lease);
    }
    const claimed = BigInt(given.returned) - lease.returned;
    const rest = restOf(lease);
    const delta = claimed < rest ? claimed : rest;
    if (delta <= 0n) return;
    lease.returned += delta;
    this.#move('return', window, lease, -delta);
    closeIfDone(lease, window, this.#state.now);
  }

  #decide(session: string, need: LeaseMessage['needs'][number]): void {
    const answer = this.#outcome.answers.get(session) as LeaseAnswer;
    const amount = BigInt(need.amount);
    const windows: WindowRow[] = [];
    for (const budget of need.budgets) {
      const window = this.#state.windows.get(this.#state.currentWindows.get(budget) ?? '');
      if (!window) {
        answer.refused.push({ id: need.id, budget, remaining: '0', endsAt: null });
        return;
      }
      windows.push(window);
    }
    // It ended while the locks were waited for: the next asking finds the window after it.
    if (windows.some((window) => window.endsAt !== null && window.endsAt <= this.#state.now)) {
      answer.wait.push(need.id);
      return;
    }
    const never = scarcest(windows.filter((window) => window.hard && amount > window.limit - window.settled));
    if (never) {
      answer.refused.push(refusal(need.id, never));
      return;
    }
    // Where nothing is left in advance, nothing is recalled for it either: it is no request that waits.
    if (amount === 0n && windows.some((window) => window.hard && remainingOf(window) <= 0n)) return;
    const lacking = windows.filter((window) => window.hard && amount > remainingOf(window));
    if (lacking.length === 0) {
      windows.forEach((window, i) => this.#give(session, window, amount, BigInt(need.extra[i] ?? '0')));
      return;
    }
    for (const window of lacking) this.#tighten(window, amount);
    const patienceMs = lacking.some((window) => this.#isRecalling(window))
      ? Math.max(RECALL_WAIT_MS, need.maxWaitMs)
      : need.maxWaitMs;
    if (need.waitedMs < patienceMs) answer.wait.push(need.id);
    else answer.refused.push(refusal(need.id, scarcest(lacking) as WindowRow));
  }

  #give(session: string, window: WindowRow, amount: bigint, wanted: bigint): void {
    const lease = this.#leaseOf(session, window);
    const total = amount + this.#extra(window, amount, wanted);
    lease.granted += total;
    this.#shown.get(session)?.add(lease);
    this.#move('grant', window, lease, total);
  }

  /** No session takes more in advance than half of its even share of what is left. */
  #extra(window: WindowRow, amount: bigint, wanted: bigint): bigint {
    if (!window.hard) return wanted;
    if (window.tightMark !== null) return 0n;
    const most = (remainingOf(window) - amount) / (2n * BigInt(Math.max(1, this.#state.liveSessions)));
    return wanted < most ? wanted : most;
  }

  #leaseOf(session: string, window: WindowRow): LeaseRow {
    const known = this.#bySessionAndWindow.get(`${session} ${window.id}`);
    if (known) return known;
    const lease: LeaseRow = {
      id: this.#state.newId(),
      session,
      window: window.id,
      budgetId: window.budgetId,
      granted: 0n,
      returned: 0n,
      settled: 0n,
      state: 'active',
      recallEpoch: null,
      sessionLive: true,
    };
    this.#state.leases.set(lease.id, lease);
    this.#index(lease);
    return lease;
  }

  #index(lease: LeaseRow): void {
    this.#bySessionAndWindow.set(`${lease.session} ${lease.window}`, lease);
    const inWindow = this.#byWindow.get(lease.window);
    if (inWindow) inWindow.push(lease);
    else this.#byWindow.set(lease.window, [lease]);
  }

  #tighten(window: WindowRow, amount: bigint): void {
    const mark = 4n * BigInt(Math.max(1, this.#state.liveSessions)) * amount;
    this.#outcome.changedWindows.add(window);
    window.tightAt = this.#state.now;
    if (window.tightMark !== null) {
      if (mark > window.tightMark) window.tightMark = mark;
      return;
    }
    window.tightMark = mark;
    window.epoch += 1;
    for (const lease of this.#byWindow.get(window.id) ?? []) {
      if (restOf(lease) <= 0n) continue;
      lease.recallEpoch = window.epoch;
      this.#outcome.changedLeases.add(lease);
    }
    this.#outcome.recalls.push({ window: window.id, epoch: window.epoch });
  }

  #loosen(window: WindowRow): void {
    if (window.tightMark === null || window.tightAt === null) return;
    if (remainingOf(window) <= window.tightMark && this.#state.now - window.tightAt <= TIGHT_FOR_MS) return;
    window.tightMark = null;
    window.tightAt = null;
    this.#outcome.changedWindows.add(window);
  }

  #isRecalling(window: WindowRow): boolean {
    const leases = this.#byWindow.get(window.id) ?? [];
    return leases.some((lease) => lease.recallEpoch !== null && lease.sessionLive && restOf(lease) > 0n);
  }

  #move(kind: 'grant' | 'return', window: WindowRow, lease: LeaseRow, held: bigint): void {
    window.held += held;
    this.#outcome.changedWindows.add(window);
    this.#outcome.changedLeases.add(lease);
    this.#outcome.ledger.push({
      kind,
      budgetId: window.budgetId,
      window: window.id,
      lease: lease.id,
      batch: null,
      held,
      settled: 0n,
      overrun: 0n,
    });
  }

  /** Each session is shown the leases that it touched and those that are recalled from it. */
  #showLeases(): void {
    for (const lease of this.#state.leases.values()) {
      const shown = this.#shown.get(lease.session);
      if (!shown) continue;
      if (!shown.has(lease) && lease.recallEpoch === null) continue;
      const window = this.#state.windows.get(lease.window);
      if (window) this.#outcome.answers.get(lease.session)?.leases.push(showLease(lease, window, this.#state.now));
    }
  }
}

/** Nothing will ever happen again to a lease on which nothing rests once its window has ended. */
export function closeIfDone(lease: LeaseRow, window: WindowRow, now: number): void {
  const ended = window.endsAt !== null && window.endsAt <= now;
  if (ended && lease.state === 'active' && restOf(lease) === 0n) lease.state = 'closed';
}

/** A lease as its session is told of it. */
export function showLease(lease: LeaseRow, window: WindowRow, now: number): LeaseAnswer['leases'][number] {
  return {
    id: lease.id,
    budget: window.budgetId,
    window: window.id,
    granted: String(lease.granted),
    remaining: String(remainingOf(window)),
    endsInMs: window.endsAt === null ? null : window.endsAt - now,
    tight: window.tightMark !== null,
    epoch: window.epoch,
  };
}

function refusal(id: string, window: WindowRow): LeaseAnswer['refused'][number] {
  const remaining = remainingOf(window);
  return {
    id,
    budget: window.budgetId,
    remaining: String(remaining < 0n ? 0n : remaining),
    endsAt: window.endsAt === null ? null : new Date(window.endsAt).toISOString(),
  };
}

function scarcest(windows: readonly WindowRow[]): WindowRow | undefined {
  return windows.reduce<WindowRow | undefined>(
    (least, window) => (least && remainingOf(least) <= remainingOf(window) ? least : window),
    undefined,
  );
}
