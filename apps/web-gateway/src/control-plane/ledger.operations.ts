import { ledgerQuery, listLedger } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { log } from './describe-operation.ts';

/** The operations of `/api/v1/ledger`. */
export function ledgerOperations(): readonly Operation[] {
  return [
    log('ledger', 'listLedger', 'Movements of money, newest first', 'LedgerEntry', {
      request: ledgerQuery,
      response: listLedger.response,
    }),
  ];
}
