import { hash } from 'node:crypto';
import { DomainError, invalidField } from '@purser/errors';

const STRONG_TAG = /^"([^"]*)"$/;
const VERSION = /^([1-9]\d{0,14})(?:\.[\w-]+)?(?:\+(?:br|gzip|deflate))?$/;

/**
 * The entity tag of a stored resource: its version. `volatile` is the part of it that changes without a new version; it
 * adds a digest, so that a reader is never told "not modified" while that part moves.
 */
export function etagOf(version: number, volatile?: unknown): string {
  return volatile === undefined ? `"${version}"` : `"${version}.${digest(volatile)}"`;
}

/**
 * The version that If-Match asks for; undefined without one and for `*`. Of a tag with a digest, or
 * of a coding, only the version counts.
 *
 * @throws DomainError `precondition_failed` for a tag that no version ever has, `invalid_request` for several tags
 */
export function versionAskedFor(ifMatch: string | undefined): number | undefined {
  const given = ifMatch?.trim();
  if (given === undefined || given === '*') return undefined;
  if (given.includes(',')) throw invalidField('If-Match', 'must be one ETag');
  const version = VERSION.exec(STRONG_TAG.exec(given)?.[1] ?? '')?.[1];
  if (version !== undefined) return Number(version);
  throw new DomainError('precondition_failed', 'If-Match: this ETag is none that the resource can have.', {
    field: 'If-Match',
  });
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url').slice(0, 16);
}
