import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';

const WAIT_MS = 1_000;
const POLL_MS = 10;

interface Waiter {
  readonly version: number;
  readonly deadlineMs: number;
  readonly resolve: () => void;
}

/** Tells when all live sessions work by a version of the configuration. One query at a time, however many wait. */
@Injectable()
export class Acknowledgements {
  readonly #database: Database;
  #waiting: Waiter[] = [];
  #polling = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves when every live session has acknowledged the version, or after a second; it never rejects. */
  wait(version: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ version, deadlineMs: performance.now() + WAIT_MS, resolve });
      if (!this.#polling) void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    for (;;) {
      // The write is committed already: that it could not be waited for is no reason to report it as failed.
      const acknowledged = await this.byAll().catch(() => 0);
      const now = performance.now();
      const waiting = this.#waiting;
      this.#waiting = waiting.filter(({ version, deadlineMs }) => version > acknowledged && deadlineMs > now);
      for (const waiter of waiting) if (!this.#waiting.includes(waiter)) waiter.resolve();
      if (this.#waiting.length === 0) break;
      await sleep(POLL_MS);
    }
    this.#polling = false;
  }

  /** The version that every live session has at least; without one there is nobody to wait for. */
  async byAll(): Promise<number> {
    const [row] = await this.#database.query<{ version: string | null }>(
      `SELECT min(config_version) AS version FROM sessions
        WHERE state = 'live' AND last_seen_at > clock_timestamp() - interval '5 seconds'`,
    );
    return row?.version == null ? Infinity : Number(row.version);
  }
}
