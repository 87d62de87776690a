import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 100;
const heartbeatMs = 2_000;
/** A holder that has not given a sign of life for this long is gone, even if its process number is in use again. */
const deadAfterMs = 120_000;
/** Breaking a dead holder's lock takes microseconds; whoever is at it for this long died in the middle. */
const breakingMs = 10_000;

/** @typedef {{ pid: number, host: string }} Owner */

/**
 * Runs `work` while holding a lock that other processes respect: two set-ups at once in one clone would corrupt each other.
 * A lock whose holder has died is taken over.
 * @template T
 * @param {string} folder stands for the lock while it is held; its parent is made when missing
 * @param {{ waitMs: number, onWait: (owner: Owner | undefined) => void }} options `onWait` is called once, before waiting
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} rejects when the lock is not free within `waitMs`, naming the folder and its holder
 */
export async function withLock(folder, { waitMs, onWait }, work) {
  mkdirSync(join(folder, '..'), { recursive: true });
  const deadline = Date.now() + waitMs;
  for (let waited = false; !tryLock(folder); waited = true) {
    if (!waited) onWait(ownerOf(folder));
    if (isAbandoned(folder)) breakLock(folder);
    if (Date.now() > deadline) {
      const owner = ownerOf(folder);
      throw new Error(
        `another set-up (process ${owner?.pid ?? 'unknown'} on ${owner?.host ?? 'an unknown host'}) has held ${folder} ` +
          `for more than ${Math.round(waitMs / 1000)} s. If no such process runs, remove that folder and try again.`,
      );
    }
    await sleep(pollMs);
  }
  const heartbeat = setInterval(() => touch(folder), heartbeatMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Making a folder either succeeds for one process or fails: that is the lock.
 * @param {string} folder
 */
function tryLock(folder) {
  if (!makeFolder(folder)) return false;
  writeFileSync(ownerFile(folder), JSON.stringify({ pid: process.pid, host: hostname() }));
  return true;
}

/** @param {string} folder */
function makeFolder(folder) {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} folder */
function ownerFile(folder) {
  return join(folder, 'owner.json');
}

/**
 * @param {string} folder
 * @returns {Owner | undefined} undefined also in the moment between a lock's making and its owner's signature
 */
function ownerOf(folder) {
  try {
    return JSON.parse(readFileSync(ownerFile(folder), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} folder */
function isAbandoned(folder) {
  const owner = ownerOf(folder);
  if (owner && owner.host === hostname() && !isAlive(owner.pid)) return true;
  // Without an owner the holder died between two statements, or is right there: its age tells.
  return ageMs(owner ? ownerFile(folder) : folder) > (owner ? deadAfterMs : breakingMs);
}

/**
 * Removes a dead holder's lock. Of several that found it dead one may do so, and it looks again first: by then the lock may
 * be a living one's.
 * @param {string} folder
 */
function breakLock(folder) {
  const guard = `${folder}.breaking`;
  if (!makeFolder(guard)) {
    if (ageMs(guard) > breakingMs) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
  } finally {
    rmdirSync(guard);
  }
}

/** @param {string} path */
function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** @param {string} folder */
function touch(folder) {
  try {
    const now = new Date();
    utimesSync(ownerFile(folder), now, now);
  } catch {
    // Somebody removed the folder by hand, as the message above tells them to: the work goes on without it.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
