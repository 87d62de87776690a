import { jsonSchemaOf, listUsage, sumUsage } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, log, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/usage`. */
export function usageOperations(): readonly Operation[] {
  return [log('usage', 'listUsage', 'Attempts that reached a provider, newest first', 'UsageRow', listUsage)];
}

/** The operations of `/api/v1/reports`. */
export function reportOperations(): readonly Operation[] {
  return [
    {
      ...one('get', 'reports', '/usage', 'sumUsage', 'Usage by interval and group, oldest first'),
      query: jsonSchemaOf(sumUsage.request, 'input'),
      answer: ok(answerOf('UsageReport', sumUsage.response)),
      errors: [400],
    },
  ];
}
