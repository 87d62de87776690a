import {
  catalogueFile,
  importQuery,
  importResult,
  jsonSchemaOf,
  countMetrics,
  getMetricPolicy,
  metrics,
  metricSearch,
  metricsFound,
} from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, inputOf, list, ok, one, resource, TAG } from './describe-operation.ts';

/** The operations of `/api/v1/metrics`. */
export function metricOperations(): readonly Operation[] {
  const found = { request: metricSearch, response: metricsFound };
  const search = list('metrics', 'searchMetrics', 'Search metrics, the best first', 'FoundMetric', found);
  return [
    ...resource('metrics', 'Metric', 'metric', metrics),
    { ...search, path: `${search.path}/search` },
    {
      ...one(
        'get',
        'metrics',
        '/stats',
        'countMetrics',
        'Count metrics by category, tier, domain, owner, status and tag',
      ),
      answer: ok(answerOf('MetricStats', countMetrics.response)),
      errors: [400],
    },
    {
      ...one('post', 'metrics', '/import', 'importCatalogue', 'Import a catalogue file, all of it or nothing'),
      query: jsonSchemaOf(importQuery, 'input'),
      body: inputOf('CatalogueFile', catalogueFile),
      answer: ok(answerOf('ImportResult', importResult)),
      errors: [400, 413, 415, 504],
    },
    {
      ...one('get', 'metrics', '/export', 'exportCatalogue', 'The whole catalogue as a file that can be imported'),
      answer: {
        ...ok(answerOf('ExportedCatalogue', catalogueFile)),
        headers: { ...TAG, 'Content-Disposition': 'What to call the file.' },
        conditional: true,
      },
      errors: [409],
    },
    {
      ...one(
        'get',
        'metrics',
        '/{id}/policy',
        'getMetricPolicy',
        "Get a metric's targets as an Open Policy Agent policy",
      ),
      headers: { Accept: 'text/plain gives the policy alone; JSON by default.' },
      answer: { ...ok(answerOf('MetricPolicy', getMetricPolicy.response)), headers: TAG, conditional: true },
      errors: [404, 409],
    },
  ];
}
