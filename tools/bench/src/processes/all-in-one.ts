import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, startNode } from './node-process.ts';

/** Purser as `npm start` runs it, in one process with a database of its own. */
export interface AllInOne {
  readonly url: string;
  readonly pid: number;
  readonly adminKey: string;
  /** Its data folder; gone after `stop`. */
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * Starts it on an empty folder and a free port, without a provider. Nothing of it is left when it can't start.
 *
 * @param variables of its environment, beside those
 */
export async function startAllInOne(variables: Readonly<Record<string, string>> = {}): Promise<AllInOne> {
  const folder = await mkdtemp(join(tmpdir(), 'purser-bench-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    // As root the database runs as another user, who has to get to its folder.
    await chmod(folder, 0o711);
    const adminKey = `bench-${randomBytes(24).toString('hex')}`;
    const app = await startNode(join(root, 'apps/all-in-one/dist/main.js'), {
      env: { ...variables, PORT: '0', PURSER_DATA_DIR: folder, PURSER_ADMIN_KEY: adminKey, PURSER_SIMULATOR: 'off' },
      readyLine: /^Purser is ready on (\S+)/m,
    });
    return { url: app.ready, pid: app.pid, adminKey, folder, stop: () => app.stop().finally(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
