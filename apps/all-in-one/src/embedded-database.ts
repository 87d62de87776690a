import { startEmbeddedPostgres } from '@purser/database';
import type { ProcessScope } from '@purser/health';

const STOP_MS = 12_000;

/** Starts the database in the data folder; it stops after everything else. Answers its URL. */
export async function startDatabase(
  dataDir: string,
  scope: Pick<ProcessScope, 'onStop'>,
  say: (line: string) => void,
): Promise<string> {
  const database = await startEmbeddedPostgres({
    ...{ dataDir, log: say, stopTimeoutMs: STOP_MS },
    // Nothing here works without it. As an uncaught exception it ends the process like any other fault.
    onUnexpectedExit: (error) => {
      setImmediate(() => {
        throw error;
      });
    },
  });
  scope.onStop('database', () => database.stop());
  return database.url;
}
