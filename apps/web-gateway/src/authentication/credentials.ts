import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@purser/errors';

// PURSER_ADMIN_KEY may be any printable text, so there may be spaces inside.
const BEARER = /^bearer +(\S(?:.*\S)?) *$/i;
const MAX_KEY_CHARACTERS = 4_096;

/**
 * The API key that a request carries: `Authorization: Bearer <key>` or `x-api-key: <key>`, or both with the same key.
 *
 * @throws DomainError `invalid_api_key` where there is none, or there are two that differ
 */
export function apiKeyOf(headers: IncomingHttpHeaders): string {
  const { authorization } = headers;
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  const other = headers['x-api-key'];
  if (bearer !== undefined && other !== undefined && bearer !== other) {
    throw new DomainError('invalid_api_key', 'Authorization and x-api-key carry different keys; send one of them.');
  }
  const key = bearer ?? other;
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_CHARACTERS) {
    throw new DomainError(
      'invalid_api_key',
      'An API key is needed: send it as "Authorization: Bearer <key>" or "x-api-key: <key>".',
    );
  }
  return key;
}
