/**
 * The statements of the money tables. Every transaction takes its locks in one order (sessions, usages, windows, leases,
 * each by id), so that none of them can deadlock with another. Amounts are nano-dollars as text.
 */
export interface Statement {
  /** Prepared once per connection under this name. */
  readonly name: string;
  readonly text: string;
}

const SESSION_COLUMNS = `id, gateway_id, state, last_seq,
  greatest(0, extract(epoch FROM clock_timestamp() - last_seen_at) * 1000)::float8 AS unheard_ms`;

const WINDOW_COLUMNS = `id, budget_id, limit_nanos, hard, settled_nanos, held_nanos, overrun_nanos, epoch,
  tight_mark_nanos, (extract(epoch FROM tight_at) * 1000)::float8 AS tight_at_ms,
  CASE WHEN isfinite(ends_at) THEN (extract(epoch FROM ends_at) * 1000)::float8 END AS ends_at_ms`;

const LEASE_COLUMNS = `l.id, l.session_id, l.window_id, l.budget_id, l.granted_nanos, l.returned_nanos, l.settled_nanos,
  l.state, l.recall_epoch,
  s.state = 'live' AND s.last_seen_at > clock_timestamp() - interval '5 seconds' AS session_live,
  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`;

/** In: session ids. Out: those that exist. Locks: these sessions. */
export const lockSessions: Statement = {
  name: 'lock-sessions',
  text: `SELECT ${SESSION_COLUMNS} FROM sessions WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE`,
};

/** In: session ids. Out: one row: how many sessions are live, the configuration's version, the recalled leases. */
export const sessionFacts: Statement = {
  name: 'session-facts',
  text: `SELECT
    (SELECT count(*)::int FROM sessions
      WHERE state = 'live' AND last_seen_at > clock_timestamp() - interval '5 seconds') AS live_sessions,
    (SELECT version::float8 FROM configuration_version) AS config_version,
    ARRAY(SELECT l.id::text FROM leases l JOIN windows w ON w.id = l.window_id
      WHERE l.session_id = ANY($1::uuid[]) AND l.state = 'active' AND l.recall_epoch IS NOT NULL
        AND w.ends_at > clock_timestamp()) AS recalled`,
};

/** In: gateway id. Out and locks: its sessions that are not closed. */
export const lockSessionsOfGateway: Statement = {
  name: 'lock-sessions-of-gateway',
  text: `SELECT ${SESSION_COLUMNS} FROM sessions WHERE gateway_id = $1 AND state <> 'closed' ORDER BY id FOR UPDATE`,
};

/** In: session, gateway. A repeat that arrives while the first is at work finds it done. */
export const insertSession: Statement = {
  name: 'insert-session',
  text: 'INSERT INTO sessions (id, gateway_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};

export const saveSession: Statement = {
  name: 'save-session',
  text: 'UPDATE sessions SET state = $2, last_seq = $3 WHERE id = $1',
};

/** In: ids, last seqs, configuration versions. The sessions are locked already. */
export const touchSessions: Statement = {
  name: 'touch-sessions',
  text: `UPDATE sessions SET last_seen_at = clock_timestamp(), last_seq = seen.last_seq,
      config_version = greatest(sessions.config_version, seen.config_version)
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS seen (id, last_seq, config_version)
    WHERE sessions.id = seen.id`,
};

/** In: budget ids, lease ids. Out and locks: the budgets' current windows and the leases' windows, by id. */
export const lockWindows: Statement = {
  name: 'lock-windows',
  text: `SELECT ${WINDOW_COLUMNS}, starts_at <= clock_timestamp() AND ends_at > clock_timestamp() AS current
    FROM windows
    WHERE id IN (
      SELECT id FROM windows
        WHERE budget_id = ANY($1::uuid[]) AND ends_at > clock_timestamp() AND starts_at <= clock_timestamp()
      UNION SELECT window_id FROM leases WHERE id = ANY($2::uuid[]))
    ORDER BY id FOR UPDATE`,
};

/**
 * In: budget ids, new window ids (one each). Locks: the budgets, shared, so that a limit changed meanwhile is not lost. Makes the windows that contain the present, where they are missing. A
 * window begins where the calendar says or where the one before it ends, whichever is later, so that none overlap.
 */
export const insertCurrentWindows: Statement = {
  name: 'insert-current-windows',
  text: `INSERT INTO windows (id, budget_id, starts_at, ends_at, limit_nanos, hard)
    SELECT wanted.window_id, b.id,
      greatest(calendar.starts_at, (SELECT max(w.ends_at) FROM windows w
        WHERE w.budget_id = b.id AND w.ends_at <= moment.now)),
      calendar.ends_at, b.limit_nanos, b.hard
    FROM unnest($1::uuid[], $2::uuid[]) AS wanted (budget_id, window_id)
    JOIN budgets b ON b.id = wanted.budget_id
    CROSS JOIN (SELECT clock_timestamp() AS now) AS moment
    CROSS JOIN LATERAL (
      SELECT least(b.created_at, moment.now) AS starts_at, 'infinity'::timestamptz AS ends_at
        WHERE b.window_kind = 'total'
      UNION ALL SELECT start, start + interval '1 hour' FROM date_trunc('hour', moment.now, b.time_zone) AS start
        WHERE b.window_kind = 'hour'
      UNION ALL SELECT start, following FROM (
          SELECT date_trunc(b.window_kind, moment.now AT TIME ZONE b.time_zone) AS midnight,
            ('1 ' || b.window_kind)::interval AS length
          WHERE b.window_kind IN ('day', 'week', 'month')) AS period
        -- The second row matters only where the clock was set back across midnight into the day before.
        CROSS JOIN LATERAL (VALUES
          (first_midnight(midnight, b.time_zone), first_midnight(midnight + length, b.time_zone)),
          (first_midnight(midnight + length, b.time_zone), first_midnight(midnight + 2 * length, b.time_zone))
        ) AS candidate (start, following)
        WHERE start <= moment.now AND following > moment.now
    ) AS calendar
    WHERE NOT EXISTS (SELECT FROM windows w
      WHERE w.budget_id = b.id AND w.starts_at <= moment.now AND w.ends_at > moment.now)
    ORDER BY b.id
    FOR SHARE OF b
    ON CONFLICT DO NOTHING`,
};

/** In: window ids, which are locked. Out: their active leases; the time is read after the locks. */
export const activeLeasesOfWindows: Statement = {
  name: 'active-leases-of-windows',
  text: `SELECT ${LEASE_COLUMNS} FROM leases l JOIN sessions s ON s.id = l.session_id
    WHERE l.window_id = ANY($1::uuid[]) AND l.state = 'active'`,
};

/** In: lease ids. Out: those that exist, in whatever state. Their windows are locked. */
export const leasesById: Statement = {
  name: 'leases-by-id',
  text: `SELECT ${LEASE_COLUMNS} FROM leases l JOIN sessions s ON s.id = l.session_id WHERE l.id = ANY($1::uuid[])`,
};

/** In: a session; null, or budgets and lease ids that it is about. Out: its active leases; nothing is locked. */
export const activeLeasesOfSession: Statement = {
  name: 'active-leases-of-session',
  text: `SELECT ${LEASE_COLUMNS} FROM leases l JOIN sessions s ON s.id = l.session_id
    WHERE l.session_id = $1 AND l.state = 'active'
      AND ($2::uuid[] IS NULL OR l.budget_id = ANY($2) OR l.id = ANY($3::uuid[]) OR l.recall_epoch IS NOT NULL)`,
};

/** In: window ids. Out: the windows, not locked. */
export const windowsById: Statement = {
  name: 'windows-by-id',
  text: `SELECT ${WINDOW_COLUMNS}, false AS current FROM windows WHERE id = ANY($1::uuid[])`,
};

export const sessionOfLease: Statement = {
  name: 'session-of-lease',
  text: 'SELECT session_id FROM leases WHERE id = $1',
};

/** In: lease ids. Out: the windows of those that exist. */
export const windowsOfLeases: Statement = {
  name: 'windows-of-leases',
  text: 'SELECT id, window_id FROM leases WHERE id = ANY($1::uuid[])',
};

export const now: Statement = {
  name: 'now',
  text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
};

/** In: batch id, the records as one JSON array. Out: the ids that were new. Locks: these rows, by id. */
export const insertUsages: Statement = {
  name: 'insert-usages',
  text: `INSERT INTO usages (id, batch_id, at, record)
    SELECT (record->>'usageId')::uuid AS id, $1, (record->>'at')::timestamptz, record
    FROM jsonb_array_elements($2::jsonb) AS given (record)
    ORDER BY id
    ON CONFLICT DO NOTHING RETURNING id`,
};

export const discardUsages: Statement = {
  name: 'discard-usages',
  text: 'DELETE FROM usages WHERE id = ANY($1::uuid[])',
};

/** In: sessions, reasons, records as JSON. Each record is kept once, however often its gateway ships it. */
export const quarantine: Statement = {
  name: 'quarantine-records',
  text: `INSERT INTO quarantined_records (session_id, reason, record)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
    ON CONFLICT DO NOTHING`,
};

/** In: columns of the changed windows, which are locked. */
export const saveWindows: Statement = {
  name: 'save-windows',
  text: `UPDATE windows SET settled_nanos = c.settled, held_nanos = c.held, overrun_nanos = c.overrun, epoch = c.epoch,
      tight_mark_nanos = c.tight_mark, tight_at = to_timestamp(c.tight_at_ms / 1000)
    FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::numeric[], $5::bigint[], $6::numeric[], $7::float8[])
      AS c (id, settled, held, overrun, epoch, tight_mark, tight_at_ms)
    WHERE windows.id = c.id`,
};

/** In: columns of the changed and new leases, whose windows are locked. */
export const saveLeases: Statement = {
  name: 'save-leases',
  text: `INSERT INTO leases (id, session_id, window_id, budget_id, granted_nanos, returned_nanos, settled_nanos, state, recall_epoch)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::numeric[], $6::numeric[], $7::numeric[], $8::text[], $9::bigint[])
    ON CONFLICT (id) DO UPDATE SET granted_nanos = excluded.granted_nanos, returned_nanos = excluded.returned_nanos,
      settled_nanos = excluded.settled_nanos, state = excluded.state, recall_epoch = excluded.recall_epoch`,
};

export const insertLedger: Statement = {
  name: 'insert-ledger',
  text: `INSERT INTO ledger_entries
      (kind, budget_id, window_id, lease_id, batch_id, held_delta_nanos, settled_delta_nanos, overrun_delta_nanos)
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::numeric[], $7::numeric[], $8::numeric[])`,
};

/** In: budget ids. Out: their current windows, not locked. */
export const currentWindows: Statement = {
  name: 'current-windows',
  text: `SELECT ${WINDOW_COLUMNS}, starts_at, true AS current FROM windows
    WHERE budget_id = ANY($1::uuid[]) AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp()`,
};

/** In: a budget. Gives its limit and hardness to its current window. Locks: that window. */
export const applyBudgetChange: Statement = {
  name: 'apply-budget-change',
  text: `UPDATE windows w SET limit_nanos = b.limit_nanos, hard = b.hard
    FROM budgets b WHERE b.id = $1 AND w.budget_id = b.id AND w.ends_at > clock_timestamp()`,
};
