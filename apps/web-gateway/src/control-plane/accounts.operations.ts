import { accounts } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/accounts`. */
export function accountOperations(): readonly Operation[] {
  return resource('accounts', 'Account', 'account', accounts);
}
