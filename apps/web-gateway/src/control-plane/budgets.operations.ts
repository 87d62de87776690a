import { budgets } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { resource } from './describe-operation.ts';

/** The operations of `/api/v1/budgets`. */
export function budgetOperations(): readonly Operation[] {
  return resource('budgets', 'Budget', 'budget', budgets);
}
