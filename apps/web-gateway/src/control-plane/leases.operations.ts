import { leasesQuery, listLeases, releaseLease } from '@purser/contracts';
import type { Operation } from '../openapi/operation.ts';
import { answerOf, inputOf, log, ok, one } from './describe-operation.ts';

/** The operations of `/api/v1/leases`. */
export function leaseOperations(): readonly Operation[] {
  return [
    log('leases', 'listLeases', 'Leases of gateways on which money rests', 'Lease', {
      request: leasesQuery,
      response: listLeases.response,
    }),
    {
      ...one('post', 'leases', '/{id}/release', 'releaseLease', 'Let go of a lease whose gateway will not come back'),
      body: inputOf('LeaseRelease', releaseLease.request.shape.input),
      answer: ok(answerOf('Lease', releaseLease.response)),
      errors: [400, 404, 409, 415],
    },
  ];
}
