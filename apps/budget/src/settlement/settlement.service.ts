import { Injectable } from '@nestjs/common';
import {
  usageRecord,
  type ReceivedOf,
  type ResponseOf,
  type SettledUsage,
  type UsageRecord,
  type settle as settleContract,
} from '@purser/contracts';
import { v7 as uuidv7 } from 'uuid';
import { Grouped } from '../leases/grouped.ts';
import { LeaseStore, type LeaseTransaction } from '../leases/lease.store.ts';
import { settle } from './settle.ts';

type Message = ReceivedOf<typeof settleContract>;
type Results = ResponseOf<typeof settleContract>['results'];
type Malformed = { session: string; reason: string; record: unknown };

/** The most records that one transaction settles, unless a single message holds more. */
const GROUP_SIZE = 500;

/** Settles finished attempts: each usage id once, whatever is sent twice. */
@Injectable()
export class SettlementService {
  readonly #store: LeaseStore;
  readonly #batches = new Grouped<Message, Results>((messages) => this.#settleAll(messages), {
    maxSize: GROUP_SIZE,
    sizeOf: (message) => message.records.length,
  });

  constructor(store: LeaseStore) {
    this.#store = store;
  }

  /** Resolves when all of it is durable; a record that can't be settled is set aside and stops none of the others. */
  async settle(message: Message): Promise<{ results: Results }> {
    return { results: await this.#batches.add(message) };
  }

  async #settleAll(messages: readonly Message[]): Promise<Results[]> {
    const results: Results[] = [];
    const malformed: Malformed[] = [];
    const wellFormed: { record: UsageRecord; at: [message: number, record: number] }[] = [];
    messages.forEach(({ session, records }, m) => {
      results.push(records.map(() => 'duplicate'));
      records.forEach((record, r) => {
        const parsed = usageRecord.safeParse(record);
        if (parsed.success) {
          wellFormed.push({ record: parsed.data, at: [m, r] });
        } else {
          (results[m] as Results)[r] = 'malformed';
          malformed.push({ session, reason: parsed.error.issues[0]?.message ?? 'not valid', record });
        }
      });
    });
    const settled = await this.#store.transaction((tx) =>
      this.#settleIn(
        tx,
        wellFormed.map(({ record, at }) => ({ record, session: (messages[at[0]] as Message).session })),
        malformed,
      ),
    );
    for (const { record, at } of wellFormed) {
      const result = settled.get(record.usageId);
      if (!result) continue;
      (results[at[0]] as Results)[at[1]] = result;
      // A second record of the same id in this group is a duplicate of the first.
      if (result === 'ok') settled.delete(record.usageId);
    }
    return results;
  }

  async #settleIn(
    tx: LeaseTransaction,
    given: readonly { record: UsageRecord; session: string }[],
    malformed: readonly Malformed[],
  ): Promise<Map<string, 'ok' | 'malformed'>> {
    const batchId = uuidv7();
    const results = new Map<string, 'ok' | 'malformed'>();
    const newIds = await tx.insertUsages(
      batchId,
      given.map(({ record }) => record),
    );
    const fresh = given.filter(({ record }) => newIds.delete(record.usageId));
    const leaseIds = [...new Set(fresh.flatMap(({ record }) => record.leases))];
    const windowOf = await tx.windowsOfLeases(leaseIds);
    const homeless = fresh.filter(({ record }) => record.leases.some((id) => !windowOf.has(id)));
    if (homeless.length > 0) await tx.discardUsages(homeless.map(({ record }) => record.usageId));
    const setAside = [...malformed];
    for (const { record, session } of homeless) {
      results.set(record.usageId, 'malformed');
      setAside.push({ session, reason: 'names a lease that does not exist', record });
    }
    if (setAside.length > 0) await tx.quarantine(setAside);
    const records = fresh.map(({ record }) => record).filter(({ usageId }) => !results.has(usageId));
    if (records.length === 0) return results;
    // Before the windows are locked: grants wait for those locks, and this is what takes time.
    await tx.publishSettled(
      batchId,
      records.map((record) => asSettled(record, windowOf)),
    );
    const locked = await tx.lockWindowsOfLeases(leaseIds);
    const outcome = settle({ batchId, ...locked }, records);
    await tx.save({ windows: outcome.changedWindows, leases: outcome.changedLeases, ledger: outcome.ledger });
    for (const { usageId } of records) results.set(usageId, 'ok');
    return results;
  }
}

function asSettled(record: UsageRecord, windowOf: ReadonlyMap<string, string>): SettledUsage {
  const { leases, ...rest } = record;
  return {
    ...rest,
    overrun: BigInt(record.cost) > BigInt(record.bound),
    windows: leases.map((id) => windowOf.get(id) as string),
  };
}
