import { readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { DomainError } from '@purser/errors';
import type { Clock } from '../leases/clock.ts';
import { bootId, JournalFolder } from './journal-folder.ts';
import { decodeSegment, encodeLine, type CloseRecord, type JournalLine, type OpenRecord } from './record.ts';
import { SegmentFile } from './segment-file.ts';

export interface JournalOptions {
  /** `always`: an attempt is sent only after its open is on the disk. `interval`: within `syncEveryMs` after it. */
  readonly sync: 'interval' | 'always';
  readonly syncEveryMs: number;
  /** A new segment is begun beyond this. Default 8 MiB. */
  readonly segmentBytes?: number;
  /** How long acknowledged segments are kept. Default an hour. */
  readonly keepDoneMs?: number;
  readonly onProblem: (message: string, error: unknown) => void;
}

/** An attempt of an earlier run that was not acknowledged. */
export interface UnfinishedAttempt {
  readonly session: string;
  readonly open: OpenRecord;
  readonly close: CloseRecord | undefined;
}

interface Waiting {
  readonly line: string;
  readonly mayUseSpare: boolean;
  readonly onWritten: (segment: SegmentFile) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Room for the closes of some thousand requests in flight when the disk is full. */
const SPARE_BYTES = 4 * 1024 * 1024;
const SEGMENT_BYTES = 8 * 1024 * 1024;
const KEEP_DONE_MS = 3_600_000;
const RETRY_MS = 1_000;

/**
 * The gateway's local record of what it owes: an `open` before an attempt leaves, a `close` before its answer ends. Lines
 * of one turn of the event loop are written together; a line is with the operating system when its promise resolves, so
 * `kill -9` loses none. On a full disk opens are refused, while closes go to a file whose room was made ahead.
 */
export class Journal {
  readonly gatewayId: string;
  /** What earlier runs left, oldest first. */
  readonly unfinished: readonly UnfinishedAttempt[];
  readonly #folder: JournalFolder;
  readonly #options: Required<JournalOptions>;
  readonly #clock: Clock;
  /** Where the open and the close of each attempt stand that is not acknowledged. */
  readonly #placesOf = new Map<string, SegmentFile[]>();
  #current: SegmentFile | undefined;
  #number = 0;
  #spare: SegmentFile | undefined;
  #waiting: Waiting[] = [];
  #writeDue = false;
  #writable = true;
  #trusted: boolean;
  #cancelSync: () => void = () => undefined;
  #closed = false;

  private constructor(folder: JournalFolder, clock: Clock, options: JournalOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#options = { segmentBytes: SEGMENT_BYTES, keepDoneMs: KEEP_DONE_MS, ...options };
    this.gatewayId = folder.gatewayId();
    const read = this.#readAll();
    this.unfinished = read.unfinished;
    const { lostPower } = folder.noteBoot({ bootId: bootId(), synced: options.sync === 'always' });
    this.#trusted = folder.isMarked('clean') || !(lostPower || read.damaged > 0 || folder.isMarked('untrusted'));
    // Kept until a hello was answered: a crash before that must not make the folder look sound.
    if (!this.#trusted) folder.mark('untrusted', true);
    folder.mark('clean', false);
    this.#prepareSpare();
    this.#syncLater();
  }

  /** Opens the journal in `path`, cuts torn tails, and reads what earlier runs left. @throws Error when it is in use */
  static open(path: string, clock: Clock, options: JournalOptions): Journal {
    const folder = JournalFolder.open(path);
    try {
      return new Journal(folder, clock, options);
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** Whether every open of earlier runs is known. False after a power loss with unsynced opens, until a hello was answered. */
  get trusted(): boolean {
    return this.#trusted;
  }

  /** Whether opens can be written. */
  get writable(): boolean {
    return this.#writable && !this.#closed;
  }

  /** A hello was answered: the doubts about earlier runs are settled. */
  accepted(): void {
    this.#trusted = true;
    this.#folder.mark('untrusted', false);
  }

  /**
   * @param close where it is over already: both are in one line then
   * @throws DomainError (as a rejection) `unavailable` when it can't be written: then the attempt must not be sent
   */
  async open(session: string, open: OpenRecord, close?: CloseRecord): Promise<void> {
    try {
      await this.#append({ type: 'open', session, open, close }, (segment) => this.#place(open.usageId, segment));
    } catch (cause) {
      throw new DomainError('unavailable', 'The usage journal can not be written, so nothing is sent.', {}, { cause });
    }
  }

  /** Resolves when it is written, also on a full disk. */
  close(usageId: string, close: CloseRecord): Promise<void> {
    return this.#append({ type: 'close', usageId, close }, (segment) => this.#place(usageId, segment));
  }

  /** The budget service has settled these. */
  acknowledge(usageIds: Iterable<string>): void {
    for (const usageId of usageIds) {
      const places = this.#placesOf.get(usageId) ?? [];
      this.#placesOf.delete(usageId);
      for (const segment of places) {
        segment.unacknowledged -= 1;
        if (segment.unacknowledged === 0 && segment !== this.#current && segment !== this.#spare) this.#retire(segment);
      }
    }
  }

  /** Writes and syncs what waits and frees the folder. After it every append fails. */
  async shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#writeWaiting();
    this.#closed = true;
    this.#cancelSync();
    try {
      await this.#current?.sync();
      await this.#spare?.sync();
      if (this.#trusted) this.#folder.mark('clean', true);
    } finally {
      const done = this.#current?.unacknowledged === 0;
      this.#current?.close();
      if (this.#current && done) this.#moveToDone(this.#current);
      this.#spare?.close();
      this.#folder.close();
    }
  }

  #append(line: JournalLine, onWritten: (segment: SegmentFile) => void = () => undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the journal is closed'));
      this.#waiting.push({ line: encodeLine(line), mayUseSpare: line.type === 'close', onWritten, resolve, reject });
      if (this.#writeDue) return;
      this.#writeDue = true;
      this.#clock.defer(() => this.#writeWaiting());
    });
  }

  #writeWaiting(): void {
    this.#writeDue = false;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const segment = this.#segment();
      segment.append(Buffer.from(batch.map(({ line }) => line).join('')), this.#options.sync === 'always');
      this.#writable = true;
      for (const { onWritten, resolve } of batch) {
        onWritten(segment);
        resolve();
      }
    } catch (error) {
      this.#writeToSpare(batch, error);
    }
  }

  #writeToSpare(batch: readonly Waiting[], error: unknown): void {
    if (this.#writable) this.#options.onProblem('the journal can not be written; no new requests are sent', error);
    this.#writable = false;
    const closes = batch.filter(({ mayUseSpare }) => mayUseSpare);
    try {
      if (closes.length > 0) {
        if (!this.#spare || this.#spare.bytes > SPARE_BYTES / 2) throw error;
        this.#spare.append(Buffer.from(closes.map(({ line }) => line).join('')));
        for (const { onWritten } of closes) onWritten(this.#spare);
      }
      for (const { resolve } of closes) resolve();
    } catch (spareError) {
      for (const { reject } of closes) reject(spareError);
    }
    for (const { reject } of batch.filter(({ mayUseSpare }) => !mayUseSpare)) reject(error);
  }

  /** The segment to append to; a new one where there is none yet or the last is full. */
  #segment(): SegmentFile {
    if (this.#current && this.#current.bytes < this.#options.segmentBytes) return this.#current;
    const full = this.#current;
    this.#current = SegmentFile.create(this.#folder.pathOf((this.#number += 1)));
    if (full) {
      full.syncNow();
      full.close();
      if (full.unacknowledged === 0) this.#moveToDone(full);
    }
    return this.#current;
  }

  #place(usageId: string, segment: SegmentFile): void {
    segment.unacknowledged += 1;
    const places = this.#placesOf.get(usageId);
    if (places) places.push(segment);
    else this.#placesOf.set(usageId, [segment]);
  }

  #retire(segment: SegmentFile): void {
    try {
      this.#moveToDone(segment);
    } catch (error) {
      this.#options.onProblem(`the acknowledged segment ${segment.path} could not be put aside`, error);
    }
  }

  #moveToDone(segment: SegmentFile): void {
    segment.rename(segment.path.replace(/\.journal$/, '.done'));
  }

  #syncLater(): void {
    let sweepAt = this.#clock.now();
    let retryAt = sweepAt;
    const tick = async (): Promise<void> => {
      if (this.#closed) return;
      try {
        await this.#current?.sync();
        if (this.#clock.now() >= sweepAt) {
          this.#dropOld();
          sweepAt = this.#clock.now() + 60_000;
        }
        if (!this.#writable && this.#clock.now() >= retryAt) {
          this.#tryDiskAgain();
          retryAt = this.#clock.now() + RETRY_MS;
        }
      } catch (error) {
        this.#options.onProblem('the journal could not be synced to the disk', error);
      }
      if (!this.#closed) this.#cancelSync = this.#clock.after(this.#options.syncEveryMs, () => void tick());
    };
    this.#cancelSync = this.#clock.after(this.#options.syncEveryMs, () => void tick());
  }

  /** There is room again once a new spare can be made; the used one becomes a segment like any other. */
  #tryDiskAgain(): void {
    const used = this.#spare;
    try {
      if (used && used.bytes > 0) {
        used.syncNow();
        used.rename(this.#folder.pathOf((this.#number += 1)));
        this.#spare = undefined;
        used.close();
        if (used.unacknowledged === 0) this.#retire(used);
        this.#current?.close();
        this.#current = undefined;
      }
      this.#prepareSpare();
      this.#writable = this.#spare !== undefined;
    } catch (error) {
      this.#options.onProblem('the journal still can not be written', error);
    }
  }

  #prepareSpare(): void {
    if (this.#spare) return;
    rmSync(this.#folder.sparePath, { force: true });
    try {
      this.#spare = SegmentFile.createWithRoom(this.#folder.sparePath, SPARE_BYTES);
    } catch (error) {
      this.#writable = false;
      this.#options.onProblem('there is no room on the disk for the usage journal', error);
    }
  }

  #dropOld(): void {
    const before = Date.now() - this.#options.keepDoneMs;
    for (const { path } of this.#folder.done()) if (statSync(path).mtimeMs < before) rmSync(path, { force: true });
  }

  #readAll(): { unfinished: UnfinishedAttempt[]; damaged: number } {
    this.#adoptSpare();
    const attempts = new Map<string, { session: string; open: OpenRecord; close: CloseRecord | undefined }>();
    const segments: SegmentFile[] = [];
    let damaged = 0;
    for (const { path, number } of this.#folder.segments()) {
      this.#number = number;
      const decoded = decodeSegment(readFileSync(path));
      truncateSync(path, decoded.wholeBytes);
      damaged += decoded.damaged;
      const segment = new SegmentFile(path);
      segments.push(segment);
      for (const line of decoded.lines) {
        if (line.type === 'open') {
          attempts.set(line.open.usageId, { session: line.session, open: line.open, close: line.close });
          this.#place(line.open.usageId, segment);
        } else {
          const attempt = attempts.get(line.usageId);
          // Without its open it was acknowledged long ago.
          if (!attempt) continue;
          attempt.close = line.close;
          this.#place(line.usageId, segment);
        }
      }
    }
    for (const segment of segments) if (segment.unacknowledged === 0) this.#moveToDone(segment);
    this.#number = Math.max(this.#number, this.#folder.done().at(-1)?.number ?? 0);
    return { unfinished: [...attempts.values()], damaged };
  }

  /** Closes that were written to the spare room of an earlier run. */
  #adoptSpare(): void {
    try {
      if (decodeSegment(readFileSync(this.#folder.sparePath)).lines.length === 0) return;
    } catch {
      return;
    }
    const last = Math.max(0, ...[...this.#folder.segments(), ...this.#folder.done()].map(({ number }) => number));
    renameSync(this.#folder.sparePath, this.#folder.pathOf(last + 1));
  }
}
