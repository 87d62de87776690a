import { readFile, stat } from 'node:fs/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { SystemUser } from './run-command.ts';
import { runCommand } from './run-command.ts';

/** Tried in this order for a new database when we are root, which PostgreSQL refuses to run as. */
const PREFERRED_USERS = ['postgres', 'nobody'];

const PROBE_TIMEOUT_MS = 10_000;

/**
 * The user that the server has to run as: `undefined` for ourselves, or, when we are root, the owner of the existing
 * data, else `postgres` or `nobody`.
 *
 * @param dataFolder the server's data folder, which need not exist yet.
 */
export async function serverUser(dataFolder: string): Promise<SystemUser | undefined> {
  const owner = await stat(dataFolder).catch(() => undefined);
  const self = process.getuid?.();
  if (self !== 0) {
    if (!owner || owner.uid === self) return undefined;
    throw new EmbeddedPostgresError(
      `${dataFolder} was made by another user (uid ${owner.uid}): run Purser as that user or as root, ` +
        'or choose another data folder.',
    );
  }
  const users = await systemUsers();
  if (owner?.uid === 0) {
    throw new EmbeddedPostgresError(
      `${dataFolder} belongs to root, and PostgreSQL does not run as root. Give it to another user (chown -R postgres).`,
    );
  }
  if (owner) {
    return users.find((user) => user.uid === owner.uid) ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  for (const name of PREFERRED_USERS) {
    const user = users.find((candidate) => candidate.name === name);
    if (user && user.uid !== 0) return user;
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and neither the user postgres nor nobody exists. ' +
      'Run Purser as an ordinary user, or set DATABASE_URL.',
  );
}

/** Whether `user` may enter `folder`: asked of the kernel, since mode bits alone tell nothing of ACLs and mounts. */
export async function mayEnter(user: SystemUser | undefined, folder: string): Promise<boolean> {
  const probe = await runCommand('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { user, timeoutMs: PROBE_TIMEOUT_MS });
  return probe.code === 0;
}

async function systemUsers(): Promise<SystemUser[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
