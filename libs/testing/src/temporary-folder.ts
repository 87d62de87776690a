import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  /** Removes it with all that is in it. May be called again. */
  remove(): Promise<void>;
}

/** A new, empty folder (mode 0700). One that is not removed goes with the test run. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(process.env.PURSER_TEST_FOLDER ?? tmpdir(), 'folder-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
