import type { LeaseRow, SessionRow, WindowRow } from './rows.ts';

/** Rows as PostgreSQL gives them: 64-bit integers as text. */
export type RawSession = {
  id: string;
  gateway_id: string;
  state: SessionRow['state'];
  last_seq: string;
  unheard_ms: number;
};

export type RawWindow = {
  id: string;
  budget_id: string;
  limit_nanos: string;
  hard: boolean;
  settled_nanos: string;
  held_nanos: string;
  overrun_nanos: string;
  epoch: string;
  tight_mark_nanos: string | null;
  tight_at_ms: number | null;
  ends_at_ms: number | null;
  current: boolean;
};

export type RawLease = {
  id: string;
  session_id: string;
  window_id: string;
  budget_id: string;
  granted_nanos: string;
  returned_nanos: string;
  settled_nanos: string;
  state: LeaseRow['state'];
  recall_epoch: string | null;
  session_live: boolean;
  now_ms: number;
};

export function sessionOf(raw: RawSession): SessionRow {
  return {
    id: raw.id,
    gatewayId: raw.gateway_id,
    state: raw.state,
    lastSeq: Number(raw.last_seq),
    unheardMs: raw.unheard_ms,
  };
}

export function windowOf(raw: RawWindow): WindowRow {
  return {
    id: raw.id,
    budgetId: raw.budget_id,
    limit: BigInt(raw.limit_nanos),
    hard: raw.hard,
    settled: BigInt(raw.settled_nanos),
    held: BigInt(raw.held_nanos),
    overrun: BigInt(raw.overrun_nanos),
    epoch: Number(raw.epoch),
    tightMark: raw.tight_mark_nanos === null ? null : BigInt(raw.tight_mark_nanos),
    tightAt: raw.tight_at_ms,
    endsAt: raw.ends_at_ms,
  };
}

export function leaseOf(raw: RawLease): LeaseRow {
  return {
    id: raw.id,
    session: raw.session_id,
    window: raw.window_id,
    budgetId: raw.budget_id,
    granted: BigInt(raw.granted_nanos),
    returned: BigInt(raw.returned_nanos),
    settled: BigInt(raw.settled_nanos),
    state: raw.state,
    recallEpoch: raw.recall_epoch === null ? null : Number(raw.recall_epoch),
    sessionLive: raw.session_live,
  };
}
