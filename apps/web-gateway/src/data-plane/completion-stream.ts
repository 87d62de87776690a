import type { TokenUsage } from '@purser/contracts';
import type { SeenOutput } from './seen-output.ts';
import { usageIn } from './usage.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const BLANK_LINE = Buffer.from('\n\n');
const USAGE = Buffer.from('"usage"');
const DONE = Buffer.from('[DONE]');
/** Longer events pass unread and, where they come in pieces, piece by piece. Usage chunks and `[DONE]` are far shorter. */
const MOST_EVENT_BYTES = 65_536;
const MOST_DONE_BYTES = 256;

type Fate = 'pass' | 'hide' | 'done';

/**
 * Reads the server-sent events of a streamed completion on their way to the client: learns the usage, hides the usage
 * chunk from a client that did not ask for it, and stops at `[DONE]`, which is kept back so that the attempt can be
 * recorded first. All other bytes pass unchanged, event by event, whatever the pieces in which they come.
 *
 * Lines end with LF, CRLF or CR. An event passes when it is complete; with a bare CR, when the next byte is known.
 */
export class CompletionStream {
  readonly #hideUsage: boolean;
  readonly #write: (bytes: Buffer) => void;
  readonly #seen: SeenOutput | undefined;
  /** What came in earlier pieces of the event that runs. */
  #carried: Buffer[] = [];
  #carriedBytes = 0;
  /** The event that runs is too long to be kept: its bytes pass as they come. */
  #flowing = false;
  #atLineStart = true;
  #afterCr = false;
  #afterBlankCr = false;
  /** Up to where this chunk was read byte by byte: past the event's end where that is known by the byte after it. */
  #readTo = 0;
  #usage: TokenUsage | undefined;
  #usageIsFinal = false;
  #done: Buffer | undefined;

  /**
   * @param write takes what passes, in order
   * @param seen counts what passes, where that is wanted
   */
  constructor(hideUsage: boolean, write: (bytes: Buffer) => void, seen?: SeenOutput) {
    this.#hideUsage = hideUsage;
    this.#write = write;
    this.#seen = seen;
  }

  /** The event `[DONE]` as it came; undefined until it has. What comes after it is dropped. */
  get done(): Buffer | undefined {
    return this.#done;
  }

  /**
   * What the provider reported for the whole answer: in a chunk without choices, which is the last; or beside choices,
   * which may have been followed by more, so that counts only once `[DONE]` has come.
   */
  get usage(): TokenUsage | undefined {
    return this.#usageIsFinal || this.#done ? this.#usage : undefined;
  }

  /** Whether the client has got part of an event, which has to be ended before anything else can be said. */
  get midEvent(): boolean {
    return this.#flowing;
  }

  push(chunk: Buffer): void {
    if (this.#done) return;
    // Where the bytes that are yet to be written, and the event that runs, begin in this chunk.
    let writeFrom = 0;
    let eventFrom = 0;
    const onlyLf = !this.#afterCr && !chunk.includes(CR);
    for (;;) {
      const end = onlyLf ? this.#nextEndByLf(chunk, eventFrom) : this.#nextEnd(chunk, eventFrom);
      if (end < 0) break;
      const carried = this.#carriedBytes > 0;
      const event = this.#take(chunk.subarray(eventFrom, end));
      const fate = this.#read(event);
      if (carried || fate !== 'pass') {
        if (writeFrom < eventFrom) this.#write(chunk.subarray(writeFrom, eventFrom));
        if (fate === 'pass') this.#write(event);
        if (fate === 'done') return;
        writeFrom = end;
      }
      eventFrom = end;
    }
    if (writeFrom < eventFrom) this.#write(chunk.subarray(writeFrom, eventFrom));
    if (eventFrom < chunk.length) this.#keep(chunk.subarray(eventFrom));
  }

  /** The answer has ended in good order: an event that lacks its blank line is taken as complete. */
  end(): void {
    if (this.#done || this.#carriedBytes === 0) return;
    const event = this.#take(Buffer.alloc(0));
    if (this.#read(event) === 'pass') this.#write(event);
  }

  /** {@link #nextEnd} for bytes without CR, which is what providers send. */
  #nextEndByLf(chunk: Buffer, from: number): number {
    if (this.#atLineStart && chunk[from] === LF) return from + 1;
    const blank = chunk.indexOf(BLANK_LINE, from);
    if (from < chunk.length) this.#atLineStart = blank >= 0 || chunk[chunk.length - 1] === LF;
    return blank < 0 ? -1 : blank + BLANK_LINE.length;
  }

  /** The position after the event that runs, of which `from` is not read yet; -1 where it does not end in this chunk. */
  #nextEnd(chunk: Buffer, from: number): number {
    for (let position = Math.max(from, this.#readTo); position < chunk.length; position++) {
      const end = this.#eventEnd(chunk[position]!, position);
      if (end < 0) continue;
      this.#readTo = position + 1;
      return end;
    }
    this.#readTo = 0;
    return -1;
  }

  /** The position after the event that ends with this byte or ended just before it; -1 where none does. */
  #eventEnd(byte: number, position: number): number {
    if (!this.#afterCr) return this.#endsEvent(byte) ? position + 1 : -1;
    const blank = this.#afterBlankCr;
    this.#afterCr = false;
    this.#afterBlankCr = false;
    if (byte === LF) return blank ? position + 1 : -1;
    this.#endsEvent(byte);
    return blank ? position : -1;
  }

  #endsEvent(byte: number): boolean {
    if (byte === LF) {
      const blank = this.#atLineStart;
      this.#atLineStart = true;
      return blank;
    }
    if (byte === CR) {
      this.#afterCr = true;
      this.#afterBlankCr = this.#atLineStart;
    }
    this.#atLineStart = byte === CR;
    return false;
  }

  /** The whole event, of which `rest` is the end. */
  #take(rest: Buffer): Buffer {
    if (this.#carriedBytes === 0) return rest;
    const event = Buffer.concat([...this.#carried, rest]);
    this.#carried = [];
    this.#carriedBytes = 0;
    return event;
  }

  /** Keeps the beginning of an event; lets it flow once it is too long. */
  #keep(bytes: Buffer): void {
    this.#carried.push(bytes);
    this.#carriedBytes += bytes.length;
    if (!this.#flowing && this.#carriedBytes <= MOST_EVENT_BYTES) return;
    this.#flowing = true;
    const piece = this.#take(Buffer.alloc(0));
    this.#seen?.pass(piece.length);
    this.#write(piece);
  }

  #read(event: Buffer): Fate {
    const rest = this.#flowing;
    this.#flowing = false;
    if (rest || event.length > MOST_EVENT_BYTES) {
      this.#seen?.pass(event.length);
      return 'pass';
    }
    if (event.length <= MOST_DONE_BYTES && event.includes(DONE) && dataOf(event) === '[DONE]') {
      this.#done = event;
      return 'done';
    }
    this.#seen?.read(event);
    return holdsUsage(event) ? this.#readUsage(event) : 'pass';
  }

  #readUsage(event: Buffer): Fate {
    const data = objectIn(dataOf(event));
    const usage = usageIn(data?.usage);
    if (!data || !usage) return 'pass';
    const { choices } = data;
    this.#usage = usage;
    this.#usageIsFinal = !Array.isArray(choices) || choices.length === 0;
    return this.#usageIsFinal && this.#hideUsage ? 'hide' : 'pass';
  }
}

/**
 * Whether a field `usage` with an object as its value stands in the event; many providers say `"usage":null` in every
 * chunk. Within a string its quotes would be escaped, so what a model has written is seldom parsed in vain.
 */
function holdsUsage(event: Buffer): boolean {
  for (let at = event.indexOf(USAGE); at >= 0; at = event.indexOf(USAGE, at)) {
    at += USAGE.length;
    while (event[at] === SPACE || event[at] === COLON) at++;
    if (event[at] === OPEN_BRACE) return true;
  }
  return false;
}

/** The event's data: its `data` lines, joined. */
function dataOf(event: Buffer): string {
  const data: string[] = [];
  for (const line of event.toString().split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
  }
  return data.join('\n');
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
