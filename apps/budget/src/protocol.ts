// The state machines of the money protocol without the service around them: what the protocol's simulation checks.
export { LeaseService } from './leases/lease.service.ts';
export { LeaseStore, type Changes, type LeaseTransaction, type LockedWindows } from './leases/lease.store.ts';
export { Recalls } from './leases/recalls.ts';
export { LIVE_FOR_MS, restOf, type LeaseRow, type LedgerRow, type SessionRow, type WindowRow } from './leases/rows.ts';
export { SettlementService } from './settlement/settlement.service.ts';
