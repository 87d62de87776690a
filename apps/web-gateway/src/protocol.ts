// The state machines of the money protocol without the service around them: what the protocol's simulation checks.
export type { UnfinishedAttempt } from './journal/journal.ts';
export type { CloseRecord, OpenRecord } from './journal/record.ts';
export type { Clock } from './leases/clock.ts';
export type { Reservation } from './leases/lease-book.ts';
export type { LeaseTransport } from './leases/lease-session.ts';
export type { SettlementTransport } from './settlement/shipper.ts';
export { Spending, type SpendingJournal } from './spending/spending.ts';
