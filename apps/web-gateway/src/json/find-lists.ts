import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalidField } from '@purser/errors';
import { requireUtf8 } from './parse-body.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
  type ByteRange,
} from './tokens.ts';

/** Bytes that are walked over in one turn of the event loop. */
const TURN_BYTES = 256 * 1024;
/** What a body may hold beside the entries of its lists. */
const MAX_FRAME_BYTES = 64 * 1024;

/** A JSON object of lists whose entries have not been read. */
export interface FoundLists {
  /** The body with the index of each entry in its place: small, and JSON if the body is. */
  readonly frame: Buffer;
  readonly entries: readonly ByteRange[];
}

/**
 * Finds the entries of the lists in a JSON object, in as many turns as it takes, so that others are served meanwhile. The
 * body is JSON exactly if the frame and each entry are. Where there are more than `mostEntries`, the frame ends with the
 * first one too many.
 *
 * @throws DomainError `invalid_request` where it is not UTF-8, or holds much else than lists
 */
export async function findLists(body: Buffer, mostEntries: number): Promise<FoundLists> {
  requireUtf8(body);
  const scan = new ListScan(body, mostEntries);
  while (scan.goOn(TURN_BYTES)) await nextTurn();
  return { frame: scan.frame(), entries: scan.entries };
}

class ListScan {
  readonly entries: ByteRange[] = [];
  readonly #body: Buffer;
  readonly #mostEntries: number;
  readonly #isObject: boolean;
  readonly #pieces: string[] = [];
  #frameBytes = 0;
  #position = 0;
  #depth = 0;
  /** Where the entry begins, within a list; elsewhere, what goes into the frame next. */
  #start = 0;
  #inList = false;

  constructor(body: Buffer, mostEntries: number) {
    this.#body = body;
    this.#mostEntries = mostEntries;
    this.#isObject = body[skipSpace(body, 0)] === OPEN_BRACE;
  }

  /** Walks on, over so many bytes or to the end of a string there. @returns whether more is left */
  goOn(bytes: number): boolean {
    const until = Math.min(this.#position + bytes, this.#body.length);
    while (this.#position < until) {
      if (this.entries.length > this.#mostEntries) {
        // In place of the separator that followed it.
        this.#pieces.splice(-1, 1, ']}');
        return false;
      }
      this.#take(this.#body[this.#position]!);
    }
    if (this.#position < this.#body.length) return true;
    // The list that runs at the end was not closed; nor is it in the frame.
    if (!this.#inList) this.#keep(this.#body.length);
    return false;
  }

  frame(): Buffer {
    return Buffer.from(this.#pieces.join(''));
  }

  #take(byte: number): void {
    const at = this.#position;
    this.#position = byte === QUOTE ? stringEnd(this.#body, at) : at + 1;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#open(byte);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) this.#close(at);
    else if (byte === COMMA && this.#inList && this.#depth === 2) this.#endEntry(at, ',');
  }

  #open(byte: number): void {
    this.#depth += 1;
    if (this.#depth !== 2 || byte !== OPEN_BRACKET || !this.#isObject) return;
    this.#keep(this.#position);
    this.#inList = true;
  }

  #close(at: number): void {
    this.#depth -= 1;
    if (!this.#inList || this.#depth !== 1) return;
    this.#endEntry(at, '');
    // What closes it goes into the frame, since a wrong one must be refused.
    this.#start = at;
    this.#inList = false;
  }

  #endEntry(end: number, separator: string): void {
    const start = skipSpace(this.#body, this.#start);
    // Nothing stands between the brackets of an empty list, nor where an entry is missing.
    if (start < end) this.#pieces.push(String(this.entries.push({ start, end }) - 1));
    this.#pieces.push(separator);
    this.#start = this.#position;
  }

  #keep(end: number): void {
    this.#frameBytes += end - this.#start;
    if (this.#frameBytes > MAX_FRAME_BYTES) {
      throw invalidField('body', `must have at most ${MAX_FRAME_BYTES} bytes beside the entries of its lists`);
    }
    this.#pieces.push(this.#body.toString('utf8', this.#start, end));
    this.#start = end;
  }
}
