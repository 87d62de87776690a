import { metrics, metricSearch, metricsFound } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { list, resource } from './describe-operation.ts';

/** The operations of `/api/v1/metrics`. */
export function metricOperations(): readonly Operation[] {
  const [create, listed, ...others] = resource('metrics', 'Metric', 'metric', metrics);
  const found = { request: metricSearch, response: metricsFound };
  const search = list('metrics', 'searchMetrics', 'Search metrics, the best first', 'FoundMetric', found);
  return [create!, listed!, { ...search, path: `${search.path}/search` }, ...others];
}
