import { Injectable } from '@nestjs/common';
import type { ReceivedOf, ResponseOf, hello, lease, recover } from '@purser/contracts';
import { DomainError, notFound } from '@purser/errors';
import { v7 as uuidv7 } from 'uuid';
import { grant, showLease, type GrantOutcome, type LeaseAnswer, type LeaseMessage } from './grant.ts';
import { Grouped } from './grouped.ts';
import { LeaseStore, type LeaseTransaction } from './lease.store.ts';
import { Recalls } from './recalls.ts';
import { LIVE_FOR_MS, restOf, type LeaseRow, type LedgerRow, type SessionRow } from './rows.ts';

type Answer = ResponseOf<typeof lease>;

/** The most needs and returns that one transaction decides. */
const GROUP_SIZE = 5_000;

/** Sessions and what they hold of the windows: hello, lease, recover and an operator's release. */
@Injectable()
export class LeaseService {
  readonly #store: LeaseStore;
  readonly #recalls: Recalls;
  readonly #grants = new Grouped<LeaseMessage, Answer>((messages) => this.#grantAll(messages), {
    maxSize: GROUP_SIZE,
    sizeOf: (message) => 1 + message.needs.length + message.returns.length,
  });

  constructor(store: LeaseStore, recalls: Recalls) {
    this.#store = store;
    this.#recalls = recalls;
  }

  /**
   * Begins a session; the same again changes nothing. Older sessions of the gateway are fenced; where its journal can't
   * be trusted (a power loss with unsynced opens) they are abandoned, and their money stays held.
   */
  async hello(message: ReceivedOf<typeof hello>): Promise<ResponseOf<typeof hello>> {
    const { gatewayId, session, trusted } = message;
    return this.#store.transaction(async (tx) => {
      const others = (await tx.lockSessionsOfGateway(gatewayId)).filter((other) => other.id !== session);
      const { sessions, configVersion } = await tx.lockSessions([session]);
      const known = sessions.get(session);
      if (known && (known.gatewayId !== gatewayId || known.state !== 'live')) {
        throw new DomainError('conflict', 'This session has ended; begin a new one.', { session, state: known.state });
      }
      for (const older of others) {
        if (older.state === 'live' || !trusted) {
          older.state = trusted ? 'fenced' : 'abandoned';
          await tx.saveSession(older);
        }
      }
      if (!known) await tx.insertSession({ id: session, gatewayId });
      const olds = others.filter((other) => other.state === 'fenced').map(waitBeforeRecovery);
      return { olds, configVersion };
    });
  }

  /** Decides a lease message in one transaction with all others that wait in this process. */
  lease(message: LeaseMessage): Promise<Answer> {
    return this.#grants.add(message);
  }

  /**
   * Ends a fenced session: the rests of its leases go back. Asked too early (`waitMs` above 0) or again, it changes
   * nothing.
   *
   * @throws DomainError `conflict` for a live session, and for an abandoned one: its lost attempts may still be billed
   */
  async recover({ session: id }: ReceivedOf<typeof recover>): Promise<ResponseOf<typeof recover>> {
    return this.#store.transaction(async (tx) => {
      const session = (await tx.lockSessions([id])).sessions.get(id);
      if (!session) throw notFound('session', id);
      if (session.state === 'closed') return { waitMs: 0 };
      if (session.state !== 'fenced') {
        throw new DomainError('conflict', `The session is ${session.state}, so it can't be recovered.`, {
          session: id,
        });
      }
      const { waitMs } = waitBeforeRecovery(session);
      if (waitMs > 0) return { waitMs };
      await this.#returnRests(tx, session);
      return { waitMs: 0 };
    });
  }

  /**
   * Lets go of a lease whose gateway was not heard of for 5 s: its rest becomes free (`unspent`) or is settled
   * (`spent`), and its session is fenced, so that it can't be used any more should the gateway come back. The same
   * again changes nothing.
   *
   * @throws DomainError `not_found`; `conflict` while its gateway is alive
   */
  async release(id: string, as: 'unspent' | 'spent'): Promise<void> {
    await this.#store.transaction(async (tx) => {
      const sessionId = await tx.sessionOfLease(id);
      if (!sessionId) throw notFound('lease', id);
      const session = (await tx.lockSessions([sessionId])).sessions.get(sessionId) as SessionRow;
      const { windows, leases } = await tx.lockWindowsOfLeases([id]);
      const lease = leases.get(id) as LeaseRow;
      const window = windows.get(lease.window);
      if (lease.state !== 'active' || !window) return;
      if (session.state === 'live' && session.unheardMs <= LIVE_FOR_MS) {
        throw new DomainError('conflict', 'The gateway that holds this lease is alive; it gives back what is free.', {
          lease: id,
        });
      }
      if (session.state === 'live') {
        session.state = 'fenced';
        await tx.saveSession(session);
      }
      const rest = restOf(lease);
      const spent = as === 'spent' ? rest : 0n;
      lease.settled += spent;
      lease.returned += rest - spent;
      lease.state = 'released';
      window.held -= rest;
      window.settled += spent;
      await tx.save({
        windows: [window],
        leases: [lease],
        ledger: [{ ...movement('release', lease), held: -rest, settled: spent }],
      });
    });
  }

  async #grantAll(messages: readonly LeaseMessage[]): Promise<Answer[]> {
    const { answers, outcome } = await this.#store.transaction((tx) => this.#grantIn(tx, messages));
    if (outcome) for (const recall of outcome.recalls) this.#recalls.publish(recall);
    return answers;
  }

  async #grantIn(
    tx: LeaseTransaction,
    messages: readonly LeaseMessage[],
  ): Promise<{ answers: Answer[]; outcome?: GrantOutcome }> {
    const { sessions, liveSessions, configVersion, recalledLeases } = await tx.lockSessions([
      ...new Set(messages.map((m) => m.session)),
    ]);
    const fresh = freshOf(messages, sessions);
    const outcome =
      fresh.length > 0 ? await this.#grantFresh(tx, fresh, { liveSessions, configVersion, recalledLeases }) : undefined;
    const answers: Answer[] = [];
    const repeats: Record<string, Promise<LeaseAnswer>> = {};
    for (const message of messages) {
      const session = sessions.get(message.session);
      if (session?.state !== 'live') answers.push({ fenced: true });
      else if (fresh.includes(message)) answers.push(outcome?.answers.get(message.session) as LeaseAnswer);
      else
        answers.push(
          await (repeats[`${message.session} ${message.seq}`] ??= leasesOfMessage(tx, message, configVersion)),
        );
    }
    const seen = new Map(
      fresh.map((m) => [m.session, { id: m.session, lastSeq: m.seq, configVersion: m.configVersion }]),
    );
    for (const session of sessions.values()) {
      if (session.state === 'live' && !seen.has(session.id)) {
        const version = messages.find((m) => m.session === session.id)?.configVersion ?? 0;
        seen.set(session.id, { id: session.id, lastSeq: session.lastSeq, configVersion: version });
      }
    }
    await tx.touchSessions([...seen.values()]);
    return outcome ? { answers, outcome } : { answers };
  }

  async #grantFresh(
    tx: LeaseTransaction,
    messages: readonly LeaseMessage[],
    facts: { liveSessions: number; configVersion: number; recalledLeases: readonly string[] },
  ): Promise<GrantOutcome> {
    const budgets = new Set(messages.flatMap((m) => m.needs.flatMap((need) => need.budgets)));
    const returned = messages.flatMap((m) => m.returns.map((given) => given.lease));
    const locked = await tx.lockCurrentWindows([...budgets], [...returned, ...facts.recalledLeases]);
    const outcome = grant({ ...locked, ...facts, newId: uuidv7 }, messages);
    await tx.save({ windows: outcome.changedWindows, leases: outcome.changedLeases, ledger: outcome.ledger });
    return outcome;
  }

  async #returnRests(tx: LeaseTransaction, session: SessionRow): Promise<void> {
    const active = await tx.leasesOfSession(session.id);
    const { windows, leases } = await tx.lockWindowsOfLeases([...active.leases.keys()]);
    const ledger: LedgerRow[] = [];
    for (const lease of leases.values()) {
      const window = windows.get(lease.window);
      if (lease.state !== 'active' || !window) continue;
      const rest = restOf(lease);
      lease.returned += rest;
      lease.state = 'closed';
      window.held -= rest;
      if (rest !== 0n) ledger.push({ ...movement('recover', lease), held: -rest });
    }
    await tx.save({ windows: windows.values(), leases: leases.values(), ledger });
    session.state = 'closed';
    await tx.saveSession(session);
  }
}

/** The messages that are new and of live sessions; of several of one session, the one with the lowest number. */
function freshOf(messages: readonly LeaseMessage[], sessions: ReadonlyMap<string, SessionRow>): LeaseMessage[] {
  const fresh = new Map<string, LeaseMessage>();
  for (const message of messages) {
    const session = sessions.get(message.session);
    if (session?.state !== 'live' || message.seq <= session.lastSeq) continue;
    const first = fresh.get(message.session);
    if (!first || message.seq < first.seq) fresh.set(message.session, message);
  }
  return [...fresh.values()];
}

/** What a message that was decided before is answered again: the leases that it was about, as they are by now. */
async function leasesOfMessage(
  tx: LeaseTransaction,
  message: LeaseMessage,
  configVersion: number,
): Promise<LeaseAnswer> {
  const { leases, windows, now } = await tx.leasesOfSession(message.session, {
    budgets: [...new Set(message.needs.flatMap((need) => need.budgets))],
    leases: message.returns.map((given) => given.lease),
  });
  const shown: LeaseAnswer['leases'] = [];
  for (const lease of leases.values()) {
    const window = windows.get(lease.window);
    if (window) shown.push(showLease(lease, window, now));
  }
  return { seq: message.seq, leases: shown, refused: [], wait: [], configVersion };
}

function waitBeforeRecovery(session: SessionRow): { session: string; waitMs: number } {
  return { session: session.id, waitMs: Math.max(0, Math.ceil(LIVE_FOR_MS - session.unheardMs)) };
}

function movement(kind: LedgerRow['kind'], lease: LeaseRow): LedgerRow {
  const { window, budgetId, id } = lease;
  return { kind, window, budgetId, lease: id, batch: null, held: 0n, settled: 0n, overrun: 0n };
}
