import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SEGMENT = /^(\d{12})\.journal$/;
const DONE = /^(\d{12})\.done$/;

/**
 * The folder of a gateway's journal: who the gateway is, whether the folder can be trusted, and a lock that the kernel
 * frees when the process ends, however it ends.
 */
export class JournalFolder {
  readonly path: string;
  readonly #lock: DatabaseSync;

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes the folder where it is missing and locks it. @throws Error when another process holds it */
  static open(path: string): JournalFolder {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(join(path, 'lock.sqlite'), { timeout: 0 });
    try {
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
      return new JournalFolder(path, lock);
    } catch (cause) {
      lock.close();
      throw new Error(`Another process uses the journal in ${path}. Give each gateway a folder of its own.`, { cause });
    }
  }

  close(): void {
    this.#lock.close();
  }

  /** The gateway's id: made with the folder, the same ever after. */
  gatewayId(): string {
    const file = join(this.path, 'gateway-id');
    if (!existsSync(file)) writeFileSync(file, `${randomUUID()}\n`, { mode: 0o600, flush: true });
    return readFileSync(file, 'utf8').trim();
  }

  /** Segments that are not acknowledged whole, in order. */
  segments(): { path: string; number: number }[] {
    return this.#numbered(SEGMENT);
  }

  /** Segments kept for a while after they were acknowledged. */
  done(): { path: string; number: number }[] {
    return this.#numbered(DONE);
  }

  pathOf(number: number, kind: 'journal' | 'done' = 'journal'): string {
    return join(this.path, `${String(number).padStart(12, '0')}.${kind}`);
  }

  get sparePath(): string {
    return join(this.path, 'spare');
  }

  /**
   * Notes that this start of the machine writes here. Gives whether the last one to do so was another, and left what it
   * had not synced.
   */
  noteBoot(current: { bootId: string; synced: boolean }): { lostPower: boolean } {
    const file = join(this.path, 'boot');
    const last = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
    writeFileSync(file, `${current.bootId} ${current.synced ? 'synced' : 'unsynced'}\n`, { mode: 0o600, flush: true });
    return { lostPower: last !== undefined && last !== `${current.bootId} unsynced` && !last.endsWith(' synced') };
  }

  /** A mark that outlives the process. */
  mark(name: 'clean' | 'untrusted', set: boolean): void {
    const file = join(this.path, name);
    if (set) writeFileSync(file, '', { mode: 0o600, flush: true });
    else rmSync(file, { force: true });
  }

  isMarked(name: 'clean' | 'untrusted'): boolean {
    return existsSync(join(this.path, name));
  }

  #numbered(pattern: RegExp): { path: string; number: number }[] {
    return readdirSync(this.path)
      .flatMap((name) => {
        const number = pattern.exec(name)?.[1];
        return number ? [{ path: join(this.path, name), number: Number(number) }] : [];
      })
      .sort((a, b) => a.number - b.number);
  }
}

/** Another text after each start of the machine. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return process.platform === 'darwin' ? bootTimeOfDarwin() : `started ${Math.round(Date.now() / 1_000 - uptime())}`;
  }
}

function bootTimeOfDarwin(): string {
  return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8', timeout: 5_000 }).trim();
}
