import {
  jsonSchemaOf,
  sumUsage,
  topUsage,
  usageDashboard,
  usageDashboardQuery,
  usageExportQuery,
  usageLatency,
  usageLatencyQuery,
  usageSumQuery,
  usageTopQuery,
} from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/reports`. */
export function reportOperations(): readonly Operation[] {
  return [
    {
      ...one('get', 'reports', '/usage', 'sumUsage', 'Usage by interval and group, oldest first'),
      query: jsonSchemaOf(usageSumQuery, 'input'),
      answer: ok(answerOf('UsageReport', sumUsage.response)),
      errors: [400],
    },
    {
      ...one('get', 'reports', '/top', 'topUsage', 'Who or what uses most'),
      query: jsonSchemaOf(usageTopQuery, 'input'),
      answer: ok(answerOf('UsageTop', topUsage.response)),
      errors: [400],
    },
    {
      ...one('get', 'reports', '/latency', 'usageLatency', 'Percentiles of latencies by group'),
      query: jsonSchemaOf(usageLatencyQuery, 'input'),
      answer: ok(answerOf('LatencyReport', usageLatency.response)),
      errors: [400],
    },
    {
      ...one('get', 'reports', '/dashboard', 'usageDashboard', 'What an operator needs at a glance'),
      query: jsonSchemaOf(usageDashboardQuery, 'input'),
      answer: ok(answerOf('Dashboard', usageDashboard.response)),
      errors: [400],
    },
    {
      ...one('get', 'reports', '/export', 'exportUsage', 'Usage rows as a file, oldest first'),
      query: jsonSchemaOf(usageExportQuery, 'input'),
      answer: {
        ...ok({ name: 'UsageExport', schema: { type: 'string', description: 'A line for each row.' } }),
        mediaTypes: ['text/csv', 'application/x-ndjson'],
        headers: { 'Content-Disposition': 'An attachment, and its name.' },
        conditional: false,
      },
      errors: [400, 429],
    },
  ];
}
