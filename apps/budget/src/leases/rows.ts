/** One run of a gateway, as stored. Only `live` sessions are granted money. */
export interface SessionRow {
  readonly id: string;
  readonly gatewayId: string;
  state: 'live' | 'fenced' | 'abandoned' | 'closed';
  lastSeq: number;
  /** How long ago it was last heard of, by the database's clock. */
  readonly unheardMs: number;
}

/** A stretch of time in which a budget may spend its limit. Amounts are nano-dollars. */
export interface WindowRow {
  readonly id: string;
  readonly budgetId: string;
  readonly limit: bigint;
  readonly hard: boolean;
  settled: bigint;
  held: bigint;
  overrun: bigint;
  /** Counts how often the window turned tight; a recall names the epoch that it belongs to. */
  epoch: number;
  /** While set, money is granted exactly and returned at once, until `limit − settled − held` exceeds it. */
  tightMark: bigint | null;
  /** When a need last did not fit (ms since the Unix epoch, the database's clock). */
  tightAt: number | null;
  /** ms since the Unix epoch by the database's clock; null: never. */
  readonly endsAt: number | null;
}

/** What one session holds of one window. `granted`, `returned` and `settled` only grow. */
export interface LeaseRow {
  readonly id: string;
  readonly session: string;
  readonly window: string;
  readonly budgetId: string;
  granted: bigint;
  returned: bigint;
  settled: bigint;
  state: 'active' | 'closed' | 'released';
  /** The epoch of the recall that the session has not answered yet. */
  recallEpoch: number | null;
  /** Whether its session is live and was heard of in the last 5 s. */
  readonly sessionLive: boolean;
}

/** One movement of a window's totals: the sums of the deltas are the totals. */
export interface LedgerRow {
  readonly kind: 'grant' | 'return' | 'settle' | 'recover' | 'release';
  readonly budgetId: string;
  readonly window: string;
  readonly lease: string | null;
  readonly batch: string | null;
  readonly held: bigint;
  readonly settled: bigint;
  readonly overrun: bigint;
}

/** The money that a lease still ties up in its window. */
export const restOf = (lease: LeaseRow): bigint => lease.granted - lease.returned - lease.settled;

/** What a window has left to grant; negative after its limit was lowered below what is spent and held. */
export const remainingOf = (window: WindowRow): bigint => window.limit - window.settled - window.held;

/** A session is live while it was heard of in this time. */
export const LIVE_FOR_MS = 5_000;
