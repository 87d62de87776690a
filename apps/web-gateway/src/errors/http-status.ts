import type { ErrorKind } from '@purser/errors';

/** The HTTP status of each kind of error. */
export const httpStatus: Readonly<Record<ErrorKind, number>> = Object.freeze({
  invalid: 400,
  unauthenticated: 401,
  exhausted: 402,
  forbidden: 403,
  'not-found': 404,
  'wrong-method': 405,
  'not-acceptable': 406,
  conflict: 409,
  'precondition-failed': 412,
  'too-large': 413,
  'unsupported-media': 415,
  limited: 429,
  internal: 500,
  upstream: 502,
  unavailable: 503,
  timeout: 504,
});

/** `type` of an error in OpenAI's shape: what their own API says for the same status. */
export const openAiType: Readonly<Record<ErrorKind, string>> = Object.freeze({
  invalid: 'invalid_request_error',
  unauthenticated: 'invalid_request_error',
  exhausted: 'insufficient_quota',
  forbidden: 'invalid_request_error',
  'not-found': 'invalid_request_error',
  'wrong-method': 'invalid_request_error',
  'not-acceptable': 'invalid_request_error',
  conflict: 'invalid_request_error',
  'precondition-failed': 'invalid_request_error',
  'too-large': 'invalid_request_error',
  'unsupported-media': 'invalid_request_error',
  limited: 'requests',
  internal: 'server_error',
  upstream: 'server_error',
  unavailable: 'server_error',
  timeout: 'server_error',
});
