import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a process ended, for whoever starts the next one. */
export interface LastExit {
  readonly code: number;
  /** Everything that was under way had ended, and what was held was given back. */
  readonly drained: boolean;
  /** ISO 8601. */
  readonly at: string;
}

const fileName = 'last-exit.json';

/** Until this process has ended, nothing is known about its end. */
export function forgetLastExit(folder: string): void {
  rmSync(join(folder, fileName), { force: true });
}

/** Whole or not at all; at once, since it is the last thing a process does. */
export function writeLastExit(folder: string, exit: Omit<LastExit, 'at'>): void {
  const path = join(folder, fileName);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ ...exit, at: new Date().toISOString() } satisfies LastExit)}\n`);
  renameSync(draft, path);
}
