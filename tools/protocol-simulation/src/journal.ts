import type { CloseRecord, OpenRecord, SpendingJournal, UnfinishedAttempt } from '@purser/web-gateway/protocol';
import type { Process } from './process.ts';
import type { World } from './world.ts';

interface Line {
  readonly writtenAt: number;
  readonly session: string;
  readonly open?: OpenRecord;
  readonly closed?: { readonly usageId: string; readonly close: CloseRecord };
}

const SYNC_EVERY_MS = 100;

/** A gateway's disk: what was written outlives the process; what was synced outlives the machine. */
export class Disk {
  readonly gatewayId: string;
  trusted = true;
  #lines: Line[] = [];

  constructor(gatewayId: string) {
    this.gatewayId = gatewayId;
  }

  /** The power goes: what was not synced is lost. */
  losePower(now: number): void {
    const kept = this.#lines.filter((line) => line.writtenAt + SYNC_EVERY_MS <= now);
    if (kept.length < this.#lines.length || this.#lines.length > 0) this.trusted = false;
    this.#lines = kept;
  }

  write(line: Line): void {
    this.#lines.push(line);
  }

  forget(usageIds: ReadonlySet<string>): void {
    this.#lines = this.#lines.filter((line) => !usageIds.has(line.open?.usageId ?? line.closed?.usageId ?? ''));
  }

  unfinished(): UnfinishedAttempt[] {
    const attempts = new Map<string, { session: string; open: OpenRecord; close: CloseRecord | undefined }>();
    for (const { session, open, closed } of this.#lines) {
      if (open) attempts.set(open.usageId, { session, open, close: undefined });
      const attempt = closed && attempts.get(closed.usageId);
      if (attempt) attempt.close = closed.close;
    }
    return [...attempts.values()];
  }
}

/** The journal of one run of a gateway: lines reach the disk at the end of the turn, if the process still lives then. */
export function journalOn(disk: Disk, process: Process, world: World): SpendingJournal {
  const unfinished = disk.unfinished();
  const write = (line: Omit<Line, 'writtenAt'>) =>
    new Promise<void>((resolve) =>
      process.clock.defer(() => {
        disk.write({ ...line, writtenAt: world.now });
        resolve();
      }),
    );
  return {
    gatewayId: disk.gatewayId,
    writable: true,
    unfinished,
    get trusted() {
      return disk.trusted;
    },
    accepted: () => (disk.trusted = true),
    open: (session, open, close) => write({ session, open, closed: close && { usageId: open.usageId, close } }),
    close: (usageId, close) => write({ session: '', closed: { usageId, close } }),
    acknowledge: (usageIds) => disk.forget(new Set(usageIds)),
  };
}
