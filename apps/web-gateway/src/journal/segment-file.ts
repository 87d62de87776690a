import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

const dataSync = promisify(fdatasync);

/** One append-only file of the journal, and how many of its lines are still needed. */
export class SegmentFile {
  path: string;
  /** Opens and closes in this file whose attempt the budget service has not acknowledged. */
  unacknowledged = 0;
  #fd: number | undefined;
  #bytes = 0;
  #dirty = false;
  #syncing: Promise<void> | undefined;
  #closing = false;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the file. @throws when it exists */
  static create(path: string): SegmentFile {
    const segment = new SegmentFile(path);
    segment.#fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    return segment;
  }

  /** Makes the file with room for `bytes`, so that appending so many needs no more of the disk. */
  static createWithRoom(path: string, bytes: number): SegmentFile {
    const segment = SegmentFile.create(path);
    try {
      writeWhole(segment.#fd as number, Buffer.alloc(bytes), 0);
      fdatasyncSync(segment.#fd as number);
      return segment;
    } catch (error) {
      segment.close();
      unlinkSync(path);
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Hands all of `data` to the operating system, and to the disk if it is to be `synced`. Where that fails, the file is as
   * it was and this throws.
   */
  append(data: Buffer, synced = false): void {
    const fd = this.#open();
    try {
      writeWhole(fd, data, this.#bytes);
      if (synced) fdatasyncSync(fd);
    } catch (error) {
      ftruncateSync(fd, this.#bytes);
      throw error;
    }
    this.#bytes += data.length;
    this.#dirty ||= !synced;
  }

  async sync(): Promise<void> {
    if (!this.#dirty || this.#fd === undefined) return;
    this.#dirty = false;
    this.#syncing = dataSync(this.#fd);
    try {
      await this.#syncing;
    } catch (error) {
      this.#dirty = true;
      throw error;
    } finally {
      this.#syncing = undefined;
      this.#closeWhenSynced();
    }
  }

  syncNow(): void {
    if (this.#fd === undefined || !(this.#dirty || this.#syncing)) return;
    fdatasyncSync(this.#fd);
    this.#dirty = false;
  }

  rename(path: string): void {
    renameSync(this.path, path);
    this.path = path;
  }

  /** Appends no more. A sync that is under way keeps the file open until it is done. */
  close(): void {
    this.#closing = true;
    this.#closeWhenSynced();
  }

  #closeWhenSynced(): void {
    if (!this.#closing || this.#syncing || this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    if (this.#fd === undefined || this.#closing) throw new Error(`journal segment ${this.path} is closed`);
    return this.#fd;
  }
}

function writeWhole(fd: number, data: Buffer, position: number): void {
  for (let written = 0; written < data.length;) {
    written += writeSync(fd, data, written, data.length - written, position + written);
  }
}
