import { Injectable } from '@nestjs/common';
import type { LeaseView, ReceivedOf, listLeases } from '@purser/contracts';
import { Database } from '@purser/database';
import { formatUsd } from '@purser/money';
import { LIVE_FOR_MS, type LeaseRow, type SessionRow } from './rows.ts';

type RawView = {
  id: string;
  budget_id: string;
  account_id: string;
  window_id: string;
  gateway_id: string;
  session_id: string;
  session_state: SessionRow['state'];
  state: LeaseRow['state'];
  granted_nanos: string;
  returned_nanos: string;
  settled_nanos: string;
  last_seen_at: Date;
  stranded: boolean;
};

const VIEW = `SELECT l.*, b.account_id, s.gateway_id, s.state AS session_state, s.last_seen_at,
    l.granted_nanos > l.returned_nanos + l.settled_nanos
      AND (s.state <> 'live' OR s.last_seen_at < clock_timestamp() - interval '${LIVE_FOR_MS} milliseconds') AS stranded
  FROM leases l JOIN sessions s ON s.id = l.session_id JOIN budgets b ON b.id = l.budget_id`;

/** Leases as an operator sees them. Looking moves no money. */
@Injectable()
export class LeaseViewRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first; `after` is the id that the last page ended with. */
  async list(query: ReceivedOf<typeof listLeases>, after: string | undefined): Promise<LeaseView[]> {
    const rows = await this.#database.query<RawView>(
      `SELECT * FROM (${VIEW}) AS view
        WHERE ($1::uuid IS NULL OR id < $1) AND ($2::uuid IS NULL OR budget_id = $2)
          AND ($3::boolean IS NULL OR stranded = $3)
          AND ($4 OR granted_nanos > returned_nanos + settled_nanos)
          AND ($6::uuid IS NULL OR account_id = $6) AND ($7::uuid[] IS NULL OR account_id = ANY($7))
        ORDER BY id DESC LIMIT $5`,
      [
        after ?? null,
        query.budgetId ?? null,
        query.stranded === undefined ? null : query.stranded === 'true',
        query.all === 'true',
        query.limit + 1,
        query.accountId ?? null,
        query.visibleTo ?? null,
      ],
    );
    return rows.map(viewOf);
  }

  async get(id: string): Promise<LeaseView | undefined> {
    return (await this.#database.query<RawView>(`SELECT * FROM (${VIEW}) AS view WHERE id = $1`, [id])).map(viewOf)[0];
  }
}

function viewOf(raw: RawView): LeaseView {
  const [granted, returned, settled] = [raw.granted_nanos, raw.returned_nanos, raw.settled_nanos].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ];
  return {
    id: raw.id,
    budgetId: raw.budget_id,
    accountId: raw.account_id,
    windowId: raw.window_id,
    gatewayId: raw.gateway_id,
    session: raw.session_id,
    sessionState: raw.session_state,
    state: raw.state,
    grantedUsd: formatUsd(granted),
    returnedUsd: formatUsd(returned),
    settledUsd: formatUsd(settled),
    restUsd: formatUsd(granted - returned - settled),
    stranded: raw.stranded,
    lastSeenAt: raw.last_seen_at.toISOString(),
  };
}
