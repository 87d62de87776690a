import { cacheInvalidated, cacheInvalidation, cacheStatisticsOfAll } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, inputOf, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/cache`. */
export function cacheOperations(): readonly Operation[] {
  return [
    {
      ...one('get', 'cache', '/stats', 'getCacheStatistics', 'What the caches of all replicas have counted'),
      answer: ok(answerOf('CacheStatistics', cacheStatisticsOfAll)),
      errors: [503],
    },
    {
      ...one('post', 'cache', '/invalidate', 'invalidateCache', 'Forget a tag, a key or a pattern in all replicas'),
      body: inputOf('CacheInvalidation', cacheInvalidation),
      answer: ok(answerOf('CacheInvalidated', cacheInvalidated)),
      errors: [400, 413, 415, 503],
    },
  ];
}
