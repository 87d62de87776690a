import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { cursorFields, cursorPageOf } from '../pagination.ts';
import { id } from '../scalars.ts';
import { subtree, visibleTo } from '../visibility.ts';

export const ledgerKind = z.enum(['grant', 'return', 'settle', 'recover', 'release'], {
  error: 'must be one of grant, return, settle, recover, release',
});
export type LedgerKind = z.output<typeof ledgerKind>;

/** One movement of a window's totals. The sums of the three deltas are the window's held, settled and overrun. */
export const ledgerEntry = z.object({
  id: z.string(),
  at: z.string(),
  kind: ledgerKind,
  accountId: id,
  budgetId: id,
  windowId: id,
  heldUsd: z.string(),
  settledUsd: z.string(),
  overrunUsd: z.string(),
  /** The settlement batch that a `settle` entry sums up; its usage rows name it too. */
  batchId: id.nullable(),
  /** The lease that moved; null where one entry sums up several. */
  leaseId: id.nullable(),
});
export type LedgerEntry = z.output<typeof ledgerEntry>;

/** What clients may ask the ledger with. */
export const ledgerQuery = z.strictObject({
  ...cursorFields,
  accountId: id.optional(),
  subtree,
  budgetId: id.optional(),
  windowId: id.optional(),
  kind: ledgerKind.optional(),
});

/** The ledger, newest first. */
export const listLedger = defineRequest('budget.ledger.list', {
  request: ledgerQuery.omit({ subtree: true }).extend({ visibleTo }),
  response: cursorPageOf(ledgerEntry),
});
