import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.mjs';

let base = '';
let folder = '';
const patient = { waitMs: 10_000, onWait: () => {} };

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'purser-lock-'));
  folder = join(base, 'state/lock');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** @param {object} owner */
function leaveBehind(owner) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
}

function deadPid() {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('the lock', () => {
  it('lets one at a time in, and everybody in the end', async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
      return 'done';
    };
    const all = await Promise.all(Array.from({ length: 5 }, () => withLock(folder, patient, enter)));
    expect({ all, most }).toEqual({ all: Array(5).fill('done'), most: 1 });
    expect(existsSync(folder)).toBe(false);
  });

  it('is free again after work that failed', async () => {
    const failing = withLock(folder, patient, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await expect(withLock(folder, patient, async () => 'yes')).resolves.toBe('yes');
  });

  it('goes over from a dead holder to exactly one of those who wait', async () => {
    leaveBehind({ pid: deadPid(), host: hostname() });
    let inside = 0;
    const enter = async () => {
      expect(++inside).toBe(1);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock(folder, patient, enter)));
  });

  it('goes over from a holder on another host that gives no sign of life', async () => {
    leaveBehind({ pid: process.pid, host: 'elsewhere' });
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(folder, 'owner.json'), longAgo, longAgo);
    await expect(withLock(folder, patient, async () => 'yes')).resolves.toBe('yes');
  });

  it('stays with a living holder: gives up after the wait, naming the folder and the process', async () => {
    leaveBehind({ pid: process.pid, host: hostname() });
    /** @type {unknown[]} */
    const waits = [];
    const onWait = (/** @type {unknown} */ owner) => waits.push(owner);
    const attempt = withLock(folder, { waitMs: 250, onWait }, async () => 'never');
    await expect(attempt).rejects.toThrow(new RegExp(`process ${process.pid}.*${folder}`));
    expect(waits).toEqual([{ pid: process.pid, host: hostname() }]);
    expect(existsSync(folder)).toBe(true);
  });
});
