import { dependenciesOfAll, limitersOfAll, limitReset, limitsReset, poolsOfAll } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, inputOf, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/pools`, `/api/v1/rate-limits` and `/api/v1/dependencies`. */
export function trafficOperations(): readonly Operation[] {
  return [
    {
      ...one('get', 'pools', '/stats', 'getPoolStatistics', 'The pools of all replicas, and how they are used'),
      answer: ok(answerOf('PoolStatistics', poolsOfAll)),
      errors: [503],
    },
    {
      ...one('get', 'rate-limits', '/stats', 'getRateLimitStatistics', 'What all replicas let through and refuse'),
      answer: ok(answerOf('RateLimitStatistics', limitersOfAll)),
      errors: [503],
    },
    {
      ...one('post', 'rate-limits', '/reset', 'resetRateLimits', 'Begin the limits of a key, account or provider anew'),
      body: inputOf('RateLimitReset', limitReset),
      answer: ok(answerOf('RateLimitsReset', limitsReset)),
      errors: [400, 413, 415, 503],
    },
    {
      ...one('get', 'dependencies', '/stats', 'getDependencyStatistics', 'How calls to what replicas depend on go'),
      answer: ok(answerOf('DependencyStatistics', dependenciesOfAll)),
      errors: [503],
    },
  ];
}
