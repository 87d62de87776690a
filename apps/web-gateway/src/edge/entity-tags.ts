import { hash } from 'node:crypto';
import type { Coding } from './coding.ts';

/** The entity tag of what has no version: the one that the cache gives the same bytes, so that HEAD of what it has not has it too. */
export function digestTag(value: string | Buffer): string {
  return `"${hash('sha256', value, 'base64url').slice(0, 22)}"`;
}

/**
 * The tag of the same resource in a coding. A strong tag names the bytes that are sent (RFC 9110, 8.8.3.3), so each coding
 * has its own; a weak one would be of no use with If-Match.
 */
export function codedTag(tag: string, coding: Coding): string {
  return `${tag.slice(0, -1)}+${coding}"`;
}

/** The tag of the resource itself, whatever coding it was sent in. */
export function plainTag(tag: string): string {
  return tag.replace(/\+(?:br|gzip|deflate)"$/, '"');
}

/** Whether If-None-Match names the tag, in any coding: the reader has it already. Weak comparison, as for all reads. */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((given) => ['*', tag].includes(plainTag(given.trim().replace(/^W\//, ''))));
}
