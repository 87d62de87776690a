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
import type { Schema } from './control-plane-request.ts';
import { answerOf, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/reports`. */
export function reportOperations(): readonly Operation[] {
  return [
    report(
      '/usage',
      'sumUsage',
      'Usage by interval and group, oldest first',
      usageSumQuery,
      'UsageReport',
      sumUsage.response,
    ),
    report('/top', 'topUsage', 'Who or what uses most', usageTopQuery, 'UsageTop', topUsage.response),
    report(
      '/latency',
      'usageLatency',
      'Percentiles of latencies by group',
      usageLatencyQuery,
      'LatencyReport',
      usageLatency.response,
    ),
    report(
      '/dashboard',
      'usageDashboard',
      'What an operator needs at a glance',
      usageDashboardQuery,
      'Dashboard',
      usageDashboard.response,
    ),
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

function report(path: string, id: string, summary: string, query: Schema, name: string, answer: Schema): Operation {
  return {
    ...one('get', 'reports', path, id, summary),
    query: jsonSchemaOf(query, 'input'),
    answer: ok(answerOf(name, answer)),
    errors: [400],
  };
}
