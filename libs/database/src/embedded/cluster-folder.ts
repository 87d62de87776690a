import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readlink, realpath, rm, stat, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mkdirReachable } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { SystemUser } from './run-command.ts';
import { mayEnter, serverUser } from './server-user.ts';

/** Where one embedded database lives. All paths are real paths: the server's command line is compared with them. */
export interface ClusterFolder {
  /** Holds the data, the password file and the lock; belongs to us. */
  readonly folder: string;
  /** PostgreSQL's own data folder; belongs to `user`. */
  readonly data: string;
  /** The superuser's password, mode 0600. */
  readonly passwordFile: string;
  /** Whom the server runs as; `undefined` for ourselves. */
  readonly user: SystemUser | undefined;
}

/**
 * Finds or makes `<dataDir>/postgres`. Where the server's user may not enter `dataDir` (we are root, and it sits under
 * a folder that only root may enter), the real folder is made in `reachableDir` and `<dataDir>/postgres` is a symbolic
 * link to it. Permissions of folders that exist are never changed.
 */
export async function ensureClusterFolder(
  dataDir: string,
  reachableDir: string,
  log: (line: string) => void,
): Promise<ClusterFolder> {
  await mkdir(dataDir, { recursive: true });
  const link = join(resolve(dataDir), 'postgres');
  const user = await serverUser(join(link, 'data'));
  if (!(await isFolder(link))) {
    const reachable = !user || (await mayEnter(user, await realpath(dataDir)));
    if (reachable) await makeInPlace(link, user);
    else await makeElsewhere(link, reachableDir);
    await syncFolder(dataDir);
  }
  const folder = await realpath(link);
  if (user && !(await mayEnter(user, folder))) {
    throw new EmbeddedPostgresError(
      `PostgreSQL has to run as ${user.name}, who may not enter ${folder}. Run Purser as the folder's owner, ` +
        'or move it to where that user may go and leave a symbolic link.',
    );
  }
  if (folder !== join(await realpath(dataDir), 'postgres')) {
    log(`The database's files are in ${folder}, since ${user?.name ?? 'the server'} may not enter ${resolve(dataDir)}`);
  }
  return { folder, data: join(folder, 'data'), passwordFile: join(folder, 'password'), user };
}

/** Makes the creation and renaming of entries in this folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isFolder(link: string): Promise<boolean> {
  const target = await readlink(link).catch(() => undefined);
  const found = await stat(link).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (found?.isDirectory()) return true;
  if (found || target !== undefined) {
    throw new EmbeddedPostgresError(
      `${link} ${target === undefined ? 'is not a folder' : `points to ${target}, which is missing`}: ` +
        'restore it, or remove it to begin with an empty database.',
    );
  }
  return false;
}

// Two processes may start on an empty data folder at once: whoever comes second takes what the first has made.
async function makeInPlace(link: string, user: SystemUser | undefined): Promise<void> {
  const made = await mkdir(link).then(() => true, ignoreExisting);
  if (made) await chmod(link, user ? 0o711 : 0o700);
}

async function makeElsewhere(link: string, reachableDir: string): Promise<void> {
  await mkdirReachable(reachableDir);
  const folder = join(await realpath(reachableDir), randomBytes(8).toString('hex'));
  await mkdir(folder);
  await chmod(folder, 0o711);
  const linked = await symlink(folder, link).then(() => true, ignoreExisting);
  if (!linked) await rm(folder, { recursive: true });
}

function ignoreExisting(error: NodeJS.ErrnoException): false {
  if (error.code !== 'EEXIST') throw error;
  return false;
}
