import { z } from 'zod';
import { cursorFields, cursorPageOf } from '../pagination.ts';
import { definePublish, defineRequest } from '../define.ts';
import { attemptNanos, id, positiveNanos } from '../scalars.ts';
import { visibleTo } from '../visibility.ts';

/** A session begins. Answered with the older sessions of this gateway: recover each once `waitMs` is over. */
export const hello = defineRequest('budget.leases.hello', {
  request: z.object({
    gatewayId: id,
    session: id,
    /** The last run stopped cleanly, or the machine has not restarted since the journal's first record. */
    trusted: z.boolean(),
  }),
  response: z.object({
    olds: z.array(z.object({ session: id, waitMs: z.int() })),
    configVersion: z.int(),
  }),
});

const need = z.object({
  id: z.string().max(64),
  /** What one attempt may cost at most; 0 where only `extra` is asked for, before the lease is empty. */
  amount: attemptNanos,
  /** Every budget that it must fit, hard and soft. */
  budgets: z.array(id).min(1).max(64),
  /** How long ago it was first asked for. */
  waitedMs: z.int().min(0),
  /** How long it may wait for money in flight (BUDGET_WAIT_MS of the gateway). */
  maxWaitMs: z.int().min(0).max(60_000),
  /** How much more the gateway would like to hold on the lease of each budget, in the order of `budgets`. */
  extra: z.array(attemptNanos).max(64),
});

const returned = z.object({
  lease: id,
  /** All that was ever returned on this lease: cumulative, so that a repeat changes nothing. */
  returned: positiveNanos,
  /** The window's epoch as the gateway last saw it: answers the recall of that epoch. */
  epoch: z.int().min(0),
});

export const leaseState = z.object({
  id,
  budget: id,
  window: id,
  /** All that was ever granted on this lease. */
  granted: positiveNanos,
  /** limit − settled − held of the window, as of this answer; may be negative after a limit was lowered. */
  remaining: z.string(),
  /** How long the window still lasts; null for a window that does not end. */
  endsInMs: z.number().nullable(),
  tight: z.boolean(),
  epoch: z.int(),
});

/**
 * Asks for money, gives back, and is the heartbeat. One in flight per session; repeated byte by byte until answered.
 * `seq` at or below the last one changes nothing and is answered with all active leases of the session.
 * A need in neither `refused` nor `wait` was granted.
 */
export const lease = defineRequest('budget.leases.lease', {
  request: z.object({
    session: id,
    seq: z.int().min(1),
    needs: z.array(need).max(5_000),
    returns: z.array(returned).max(50_000),
    configVersion: z.int().min(0),
  }),
  response: z.union([
    z.object({ fenced: z.literal(true) }),
    z.object({
      seq: z.int(),
      leases: z.array(leaseState),
      refused: z.array(z.object({ id: z.string(), budget: id, remaining: z.string(), endsAt: z.string().nullable() })),
      wait: z.array(z.string()),
      configVersion: z.int(),
    }),
  ]),
  deadlineMs: 5_000,
});

/** Return now all that is free of this window. May be lost: the flag rides on the next lease answer. */
export const recall = definePublish('budget.leases.recall', z.object({ window: id, epoch: z.int() }));

/** Ends an older session: the rests of its leases go back. Sent when each of its opens is closed and acknowledged. */
export const recover = defineRequest('budget.leases.recover', {
  request: z.object({ session: id }),
  /** `waitMs` above 0: heard of too recently, ask again then. */
  response: z.object({ waitMs: z.int() }),
});

/** A lease as an operator sees it. `stranded`: money rests on it and its session was not heard of for 5 s. */
export const leaseView = z.object({
  id,
  budgetId: id,
  accountId: id,
  windowId: id,
  gatewayId: id,
  session: id,
  sessionState: z.enum(['live', 'fenced', 'abandoned', 'closed']),
  state: z.enum(['active', 'closed', 'released']),
  grantedUsd: z.string(),
  returnedUsd: z.string(),
  settledUsd: z.string(),
  restUsd: z.string(),
  stranded: z.boolean(),
  lastSeenAt: z.iso.datetime(),
});
export type LeaseView = z.output<typeof leaseView>;

/** What clients may ask the list of leases with. */
export const leasesQuery = z.strictObject({
  ...cursorFields,
  accountId: id.optional(),
  budgetId: id.optional(),
  stranded: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
  all: z.enum(['true', 'false'], { error: 'must be true or false' }).optional(),
});

/** The leases on which money rests, or all of them with `all`. A lease belongs to the account of its budget. */
export const listLeases = defineRequest('budget.leases.list', {
  request: leasesQuery.extend({ visibleTo }),
  response: cursorPageOf(leaseView),
});

/**
 * An operator lets go of a lease whose gateway will not come back: as `unspent` its rest is free again, as `spent` it is
 * settled. The same release again changes nothing.
 */
export const releaseLease = defineRequest('budget.leases.release', {
  request: z.object({
    id: z.string(),
    input: z.strictObject({ as: z.enum(['unspent', 'spent'], { error: 'must be unspent or spent' }) }),
  }),
  response: leaseView,
});
