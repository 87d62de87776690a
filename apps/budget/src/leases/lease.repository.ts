import { Injectable } from '@nestjs/common';
import { usageSettled, type SettledUsage, type UsageRecord } from '@purser/contracts';
import { Database, retryTransient } from '@purser/database';
import { v7 as uuidv7 } from 'uuid';
import { Outbox } from '../outbox/outbox.ts';
import { leaseOf, sessionOf, windowOf, type RawLease, type RawSession, type RawWindow } from './lease.columns.ts';
import * as sql from './lease.sql.ts';
import { LeaseStore, type Changes, type LeaseTransaction, type LockedWindows } from './lease.store.ts';
import type { LeaseRow, SessionRow, WindowRow } from './rows.ts';

/** An event must fit one message of 1 MiB, however long the names in it and however many budgets paid. */
const RECORDS_AN_EVENT = 200;

/** The money tables in PostgreSQL. */
@Injectable()
export class LeaseRepository extends LeaseStore {
  readonly #database: Database;
  readonly #outbox: Outbox;

  constructor(database: Database, outbox: Outbox) {
    super();
    this.#database = database;
    this.#outbox = outbox;
  }

  transaction<T>(work: (tx: LeaseTransaction) => Promise<T>): Promise<T> {
    return retryTransient(() =>
      this.#database.transaction(() => work(new PostgresLeaseTransaction(this.#database, this.#outbox))),
    );
  }
}

class PostgresLeaseTransaction implements LeaseTransaction {
  readonly #database: Database;
  readonly #outbox: Outbox;

  constructor(database: Database, outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
  }

  async lockSessions(ids: readonly string[]): ReturnType<LeaseTransaction['lockSessions']> {
    const locked = await this.#database.query<RawSession>(sql.lockSessions, [ids]);
    const [facts] = await this.#database.query<{ live_sessions: number; config_version: number; recalled: string[] }>(
      sql.sessionFacts,
      [ids],
    );
    return {
      sessions: new Map(locked.map((raw) => [raw.id, sessionOf(raw)])),
      liveSessions: facts?.live_sessions ?? 0,
      configVersion: facts?.config_version ?? 0,
      recalledLeases: facts?.recalled ?? [],
    };
  }

  async lockSessionsOfGateway(gatewayId: string): Promise<SessionRow[]> {
    return (await this.#database.query<RawSession>(sql.lockSessionsOfGateway, [gatewayId])).map(sessionOf);
  }

  async insertSession({ id, gatewayId }: { id: string; gatewayId: string }): Promise<void> {
    await this.#database.query(sql.insertSession, [id, gatewayId]);
  }

  async saveSession({ id, state, lastSeq }: SessionRow): Promise<void> {
    await this.#database.query(sql.saveSession, [id, state, lastSeq]);
  }

  async touchSessions(seen: readonly { id: string; lastSeq: number; configVersion: number }[]): Promise<void> {
    if (seen.length === 0) return;
    await this.#database.query(sql.touchSessions, [
      seen.map((s) => s.id),
      seen.map((s) => s.lastSeq),
      seen.map((s) => s.configVersion),
    ]);
  }

  async sessionOfLease(lease: string): Promise<string | undefined> {
    return (await this.#database.query<{ session_id: string }>(sql.sessionOfLease, [lease]))[0]?.session_id;
  }

  async lockCurrentWindows(
    budgetIds: readonly string[],
    leaseIds: readonly string[],
  ): Promise<LockedWindows & { currentWindows: Map<string, string> }> {
    if (budgetIds.length + leaseIds.length === 0) return { ...nothingLocked(), currentWindows: new Map() };
    let raw = await this.#lockWindows(budgetIds, leaseIds);
    const found = new Set(raw.filter((window) => window.current).map((window) => window.budget_id));
    const missing = budgetIds.filter((id) => !found.has(id)).sort();
    if (missing.length > 0) {
      await this.#database.query(sql.insertCurrentWindows, [missing, missing.map(() => uuidv7())]);
      // New windows have the newest ids, so locking them after the others keeps the order.
      const made = await this.#lockWindows(missing, []);
      raw = [...raw, ...made];
    }
    const currentWindows = new Map(raw.filter((window) => window.current).map((w) => [w.budget_id, w.id]));
    return {
      ...(await this.#withLeases(
        raw,
        sql.activeLeasesOfWindows,
        raw.map((w) => w.id),
      )),
      currentWindows,
    };
  }

  async windowsOfLeases(leaseIds: readonly string[]): Promise<Map<string, string>> {
    if (leaseIds.length === 0) return new Map();
    const rows = await this.#database.query<{ id: string; window_id: string }>(sql.windowsOfLeases, [leaseIds]);
    return new Map(rows.map((row) => [row.id, row.window_id]));
  }

  async lockWindowsOfLeases(leaseIds: readonly string[]): Promise<LockedWindows> {
    if (leaseIds.length === 0) return nothingLocked();
    return this.#withLeases(await this.#lockWindows([], leaseIds), sql.leasesById, leaseIds);
  }

  async leasesOfSession(
    session: string,
    only?: { budgets: readonly string[]; leases: readonly string[] },
  ): Promise<LockedWindows> {
    const leases = await this.#database.query<RawLease>(sql.activeLeasesOfSession, [
      session,
      only?.budgets ?? null,
      only?.leases ?? null,
    ]);
    const windows = await this.#database.query<RawWindow>(sql.windowsById, [leases.map((l) => l.window_id)]);
    return asLocked(windows, leases);
  }

  async insertUsages(batchId: string, records: readonly UsageRecord[]): Promise<Set<string>> {
    if (records.length === 0) return new Set();
    const rows = await this.#database.query<{ id: string }>(sql.insertUsages, [batchId, JSON.stringify(records)]);
    return new Set(rows.map((row) => row.id));
  }

  async discardUsages(ids: readonly string[]): Promise<void> {
    await this.#database.query(sql.discardUsages, [ids]);
  }

  async quarantine(records: readonly { session: string; reason: string; record: unknown }[]): Promise<void> {
    await this.#database.query(sql.quarantine, [
      records.map((r) => r.session),
      records.map((r) => r.reason),
      records.map((r) => JSON.stringify(r.record)),
    ]);
  }

  async publishSettled(batchId: string, records: readonly SettledUsage[]): Promise<void> {
    for (let i = 0; i < records.length; i += RECORDS_AN_EVENT) {
      await this.#outbox.add(usageSettled, { batchId, records: records.slice(i, i + RECORDS_AN_EVENT) });
    }
  }

  async save({ windows, leases, ledger }: Changes): Promise<void> {
    await this.#saveWindows([...windows]);
    await this.#saveLeases([...leases]);
    if (ledger.length === 0) return;
    await this.#database.query(sql.insertLedger, [
      ledger.map((entry) => entry.kind),
      ledger.map((entry) => entry.budgetId),
      ledger.map((entry) => entry.window),
      ledger.map((entry) => entry.lease),
      ledger.map((entry) => entry.batch),
      ledger.map((entry) => String(entry.held)),
      ledger.map((entry) => String(entry.settled)),
      ledger.map((entry) => String(entry.overrun)),
    ]);
  }

  async #saveWindows(windows: readonly WindowRow[]): Promise<void> {
    if (windows.length === 0) return;
    await this.#database.query(sql.saveWindows, [
      windows.map((w) => w.id),
      windows.map((w) => String(w.settled)),
      windows.map((w) => String(w.held)),
      windows.map((w) => String(w.overrun)),
      windows.map((w) => w.epoch),
      windows.map((w) => (w.tightMark === null ? null : String(w.tightMark))),
      windows.map((w) => w.tightAt),
    ]);
  }

  async #saveLeases(leases: readonly LeaseRow[]): Promise<void> {
    if (leases.length === 0) return;
    await this.#database.query(sql.saveLeases, [
      leases.map((l) => l.id),
      leases.map((l) => l.session),
      leases.map((l) => l.window),
      leases.map((l) => l.budgetId),
      leases.map((l) => String(l.granted)),
      leases.map((l) => String(l.returned)),
      leases.map((l) => String(l.settled)),
      leases.map((l) => l.state),
      leases.map((l) => l.recallEpoch),
    ]);
  }

  #lockWindows(budgetIds: readonly string[], leaseIds: readonly string[]): Promise<RawWindow[]> {
    return this.#database.query<RawWindow>(sql.lockWindows, [budgetIds, leaseIds]);
  }

  async #withLeases(
    windows: readonly RawWindow[],
    statement: sql.Statement,
    ids: readonly string[],
  ): Promise<LockedWindows> {
    const locked = asLocked(windows, await this.#database.query<RawLease>(statement, [ids]));
    if (locked.leases.size > 0) return locked;
    const [moment] = await this.#database.query<{ now_ms: number }>(sql.now);
    return { ...locked, now: moment?.now_ms ?? locked.now };
  }
}

function asLocked(windows: readonly RawWindow[], leases: readonly RawLease[]): LockedWindows {
  return {
    now: leases[0]?.now_ms ?? 0,
    windows: new Map(windows.map((raw) => [raw.id, windowOf(raw)])),
    leases: new Map(leases.map((raw) => [raw.id, leaseOf(raw)])),
  };
}

function nothingLocked(): LockedWindows {
  return { now: 0, windows: new Map(), leases: new Map() };
}
