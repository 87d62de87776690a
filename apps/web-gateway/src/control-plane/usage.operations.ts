import { listUsage, usageQuery } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { log } from './describe-operation.ts';

/** The operations of `/api/v1/usage`. */
export function usageOperations(): readonly Operation[] {
  const contract = { request: usageQuery, response: listUsage.response };
  return [log('usage', 'listUsage', 'Attempts that reached a provider, newest first', 'UsageRow', contract)];
}
