import { Injectable } from '@nestjs/common';
import type { LedgerEntry, listLedger, ReceivedOf, ResponseOf } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { formatUsd } from '@purser/money';
import { LedgerRepository, type LedgerEntryRow } from './ledger.repository.ts';

/** Shows the ledger. */
@Injectable()
export class LedgerService {
  readonly #repository: LedgerRepository;

  constructor(repository: LedgerRepository) {
    this.#repository = repository;
  }

  /**
   * A page, the newest entries first. The cursor is the id of its last entry, so pages neither overlap nor leave out what
   * was there, whatever is written meanwhile.
   *
   * @throws DomainError `invalid_request` for a cursor that no page ended with
   */
  async list({ cursor, limit, ...filter }: ReceivedOf<typeof listLedger>): Promise<ResponseOf<typeof listLedger>> {
    if (cursor !== undefined && !/^[1-9]\d{0,17}$/.test(cursor)) {
      throw invalidField('cursor', 'must be a nextCursor of an earlier answer');
    }
    const rows = await this.#repository.readBefore(cursor ?? null, filter, limit + 1);
    const page = rows.slice(0, limit);
    const nextCursor = rows.length > limit ? (page.at(-1)?.id ?? null) : null;
    return { data: page.map(toEntry), pagination: { limit, nextCursor } };
  }
}

function toEntry(row: LedgerEntryRow): LedgerEntry {
  return {
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    accountId: row.account_id,
    budgetId: row.budget_id,
    windowId: row.window_id,
    heldUsd: formatUsd(BigInt(row.held_delta_nanos)),
    settledUsd: formatUsd(BigInt(row.settled_delta_nanos)),
    overrunUsd: formatUsd(BigInt(row.overrun_delta_nanos)),
    batchId: row.batch_id,
    leaseId: row.lease_id,
  };
}
