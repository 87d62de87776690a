import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const CLOSED = 'closed';

/**
 * A small file beside the store that says whether what is in it may be trusted after this process: whether every invalidation
 * that was acknowledged is in it. It says so once the store was closed, and after a process that was killed, for what that
 * one wrote is still with the system. It does not after the system itself went down, whose last writes may be lost, nor where
 * an invalidation could not be written. To take it away needs no room on the disk.
 */
export class TrustToken {
  readonly #path: string;
  readonly #boot = bootId();
  #given = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Whether the run before may be trusted. */
  holds(): boolean {
    const said = read(this.#path);
    return said === CLOSED || (this.#boot !== '' && said === this.#boot);
  }

  /** From now on all that is acknowledged is written. Does nothing where that is said already. */
  give(): void {
    if (this.#given) return;
    writeFileSync(this.#path, this.#boot, { flush: true });
    this.#given = true;
  }

  /** Something acknowledged is about not to be written. @throws where that can't be noted */
  take(): void {
    this.#given = false;
    rmSync(this.#path, { force: true });
    flushFolder(dirname(this.#path));
  }

  /** All that was acknowledged is written, for good. */
  close(): void {
    writeFileSync(this.#path, CLOSED, { flush: true });
  }
}

/** Or a system that goes down might bring back a file that is gone. */
function flushFolder(path: string): void {
  // Windows opens no folders, and keeps their order itself.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Another one each time that the system starts; empty where there is none to be had. */
function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id').trim();
}
