import { hash, randomBytes } from 'node:crypto';

const PREFIX = 'sk-purser-';
const SHOWN_CHARACTERS = PREFIX.length + 6;

/** A new API key of 256 random bits; `prefix` is what may be shown of it later. */
export function newApiKey(): { key: string; sha256: string; prefix: string } {
  return describeApiKey(PREFIX + randomBytes(32).toString('base64url'));
}

/** What is stored of an API key: its SHA-256 in hexadecimal and its first characters. */
export function describeApiKey(key: string): { key: string; sha256: string; prefix: string } {
  return { key, sha256: hashApiKey(key), prefix: key.slice(0, Math.min(SHOWN_CHARACTERS, key.length >> 1)) };
}

/**
 * The SHA-256 of an API key in hexadecimal. A plain hash is right here: the keys are random, so there is nothing to
 * guess, and every request pays for it.
 */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex');
}
