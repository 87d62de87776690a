import { invalidField } from '@purser/errors';

/** A place in the log of usage: the last row that was read. */
export interface UsagePosition {
  readonly at: Date;
  readonly id: string;
}

const POSITION = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** A position as the opaque text that callers hand back. */
export function encodeCursor({ at, id }: UsagePosition): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString('base64url');
}

/**
 * Reads what {@link encodeCursor} made.
 *
 * @throws DomainError `invalid_request` naming `cursor`, for anything else
 */
export function decodeCursor(cursor: string): UsagePosition {
  const match = POSITION.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  const position = match && { at: new Date(Number(match[1])), id: match[2]! };
  // Buffer passes over what is not base64url, so that many texts would mean one place.
  if (position && encodeCursor(position) === cursor) return position;
  throw invalidField('cursor', 'must be a nextCursor of an earlier answer');
}
