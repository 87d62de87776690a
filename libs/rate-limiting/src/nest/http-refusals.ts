import { HttpException } from '@nestjs/common';
import type { LimitExceeded } from '../core/limit-exceeded.ts';
import type { LimitStoreError } from '../core/store-error.ts';

const TOO_MANY_REQUESTS = 429;
/** As nginx logs it: nobody reads the answer. */
const CLIENT_CLOSED_REQUEST = 499;
const SERVICE_UNAVAILABLE = 503;
/** When to try again where the store could not decide: it may be back at any time. */
export const STORE_RETRY_MS = 1_000;

/** A refusal. */
export function tooManyRequests(refusal: LimitExceeded): HttpException {
  const { reason, limit, retryAfterMs } = refusal;
  const body = { statusCode: TOO_MANY_REQUESTS, error: 'Too Many Requests', message: refusal.message };
  return new HttpException({ ...body, reason, limit: limit.name, retryAfterMs }, TOO_MANY_REQUESTS, { cause: refusal });
}

/** A store that could not decide; where it is and what it said is for the log, not for the caller. */
export function storeUnavailable(error: LimitStoreError): HttpException {
  const body = {
    statusCode: SERVICE_UNAVAILABLE,
    error: 'Service Unavailable',
    message: 'whether a limit allows it could not be decided',
    retryAfterMs: STORE_RETRY_MS,
  };
  return new HttpException(body, SERVICE_UNAVAILABLE, { cause: error });
}

/** A client that left while it waited: no failure of the server's, so nothing that Nest would log. */
export function clientGone(): HttpException {
  return new HttpException('the client went away', CLIENT_CLOSED_REQUEST);
}
