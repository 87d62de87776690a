import { setImmediate as nextTurn } from 'node:timers/promises';
import { catalogueFrame, MAX_CATALOGUE_BYTES, MAX_CATALOGUE_ENTRIES, validate } from '@purser/contracts';
import { DomainError, invalidField } from '@purser/errors';
import { findLists } from '../json/find-lists.ts';
import { strictJson } from '../json/strict-json.ts';

/** Bytes of entries that are read in one turn of the event loop. */
const TURN_BYTES = 64 * 1024;
/** A definition has 64 KiB at most; this leaves room for white space and escapes. */
const MAX_ENTRY_BYTES = 512 * 1024;

/**
 * Reads a catalogue file entry by entry, in many turns: in one go a file of 10 MB would hold up everybody else's requests
 * for half a second. Refuses what {@link strictJson} and the file's frame refuse; entries are checked by who imports them.
 *
 * @returns the file as JSON text, in which names that are written with escapes are read right
 * @throws DomainError `invalid_request` that names the field, `body_too_large`
 */
export async function readCatalogueFile(body: Buffer, maxDepth: number): Promise<string> {
  const { frame: bytes, entries } = await findLists(body, MAX_CATALOGUE_ENTRIES);
  const frame = strictJson(bytes, maxDepth) as Record<string, unknown>;
  validate(catalogueFrame, frame);
  const fields: string[] = [];
  let sinceTurn = 0;
  for (const [name, value] of Object.entries(frame)) {
    const texts: string[] = [];
    for (const [position, index] of (Array.isArray(value) ? (value as number[]) : []).entries()) {
      const { start, end } = entries[index]!;
      texts.push(entryText(body.subarray(start, end), maxDepth, [name, position]));
      sinceTurn += end - start;
      if (sinceTurn < TURN_BYTES) continue;
      sinceTurn = 0;
      await nextTurn();
    }
    fields.push(`"${name}":${Array.isArray(value) ? `[${texts.join(',')}]` : JSON.stringify(value)}`);
  }
  return bounded(`{${fields.join(',')}}`);
}

function entryText(bytes: Buffer, maxDepth: number, at: readonly [string, number]): string {
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw invalidField(`${at[0]}[${at[1]}]`, `must have at most ${MAX_ENTRY_BYTES} bytes`);
  }
  return JSON.stringify(strictJson(bytes, maxDepth, at), onlyFinite);
}

/** JSON can write numbers that no double holds; they would become null on their way. */
function onlyFinite(name: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw invalidField(name, 'must be a number that a double can hold');
}

function bounded(text: string): string {
  if (Buffer.byteLength(text) <= MAX_CATALOGUE_BYTES) return text;
  const message = `The file has more than ${MAX_CATALOGUE_BYTES} bytes; import it in several parts.`;
  throw new DomainError('body_too_large', message, { maxBytes: MAX_CATALOGUE_BYTES });
}
