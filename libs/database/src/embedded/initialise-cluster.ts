import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { syncFolder } from './cluster-folder.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { runCommand } from './run-command.ts';

/** The superuser that initdb makes, and the only role. */
export const SUPERUSER = 'purser';

const INITDB_TIMEOUT_MS = 120_000;

/**
 * Makes the data folder with initdb unless it is there, and returns the superuser's password. The folder appears under
 * its name only when it is complete, so a first start that was killed is simply done again.
 *
 * @throws EmbeddedPostgresError when the data was made by another major version, or its password is lost.
 */
export async function ensureCluster(
  cluster: ClusterFolder,
  binaries: PostgresBinaries,
  durable: boolean,
): Promise<string> {
  const version = await readFile(join(cluster.data, 'PG_VERSION'), 'utf8').catch(ignoreMissing);
  if (version !== undefined) {
    if (version.trim() === binaries.major) return readPassword(cluster);
    throw new EmbeddedPostgresError(
      `${cluster.data} was made by PostgreSQL ${version.trim()}, these programs are ${binaries.major}. ` +
        'Dump it with the old version and restore it into the new one.',
    );
  }
  await removeUnfinished(cluster);
  const password = randomBytes(24).toString('base64url');
  await writePassword(cluster, password);
  await initialise(cluster, binaries, durable);
  return password;
}

async function initialise(cluster: ClusterFolder, binaries: PostgresBinaries, durable: boolean): Promise<void> {
  const unfinished = join(cluster.folder, `data.${randomBytes(6).toString('hex')}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (cluster.user) await chown(unfinished, cluster.user.uid, cluster.user.gid);
  const result = await runCommand(binaries.initdb, initdbArguments(cluster, unfinished, durable), {
    user: cluster.user,
    timeoutMs: INITDB_TIMEOUT_MS,
  });
  if (result.code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new EmbeddedPostgresError(`initdb could not make ${cluster.data}: ${result.output}`);
  }
  await rename(unfinished, cluster.data);
  if (durable) await syncFolder(cluster.folder);
}

function initdbArguments(cluster: ClusterFolder, data: string, durable: boolean): string[] {
  return [
    ...['-D', data, '-U', SUPERUSER, '--pwfile', cluster.passwordFile],
    ...['--auth=scram-sha-256', '--encoding=UTF8', '--no-instructions'],
    // The builtin provider sorts and folds case alike on every machine; macOS has no C.UTF-8 of its own.
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    `--locale=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
    ...(durable ? [] : ['--no-sync']),
  ];
}

async function removeUnfinished(cluster: ClusterFolder): Promise<void> {
  for (const name of await readdir(cluster.folder)) {
    if (/^data\.[0-9a-f]{12}$/.test(name)) await rm(join(cluster.folder, name), { recursive: true, force: true });
  }
  await rm(cluster.passwordFile, { force: true });
}

async function writePassword(cluster: ClusterFolder, password: string): Promise<void> {
  const file = await open(cluster.passwordFile, 'wx', 0o600);
  try {
    await file.writeFile(`${password}\n`);
    if (cluster.user) await file.chown(cluster.user.uid, cluster.user.gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readPassword(cluster: ClusterFolder): Promise<string> {
  const text = await readFile(cluster.passwordFile, 'utf8').catch(ignoreMissing);
  const password = text?.trim();
  if (password) return password;
  throw new EmbeddedPostgresError(
    `${cluster.passwordFile} is missing or empty, and the database in ${cluster.data} can't be opened without it: ` +
      'restore it from a backup.',
  );
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
