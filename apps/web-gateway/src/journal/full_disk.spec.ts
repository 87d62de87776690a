import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fs from 'node:fs';
import { finishedAttempt } from '@purser/testing';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloseRecord, OpenRecord } from './record.ts';

/** The disk takes no byte beyond what is there already. */
let full = false;
jest.unstable_mockModule('node:fs', () => ({
  ...fs,
  writeSync: (fd: number, data: Buffer, offset: number, length: number, position: number) => {
    if (full && position + length > fs.fstatSync(fd).size)
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    return fs.writeSync(fd, data, offset, length, position);
  },
}));
const { Journal } = await import('./journal.ts');
const { systemClock } = await import('../leases/clock.ts');

let folder: string;
beforeEach(() => {
  full = false;
  folder = fs.mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('a full disk', () => {
  it('lets nothing new be sent, loses no close, and is noticed when there is room again', async () => {
    const problems: string[] = [];
    const options = {
      sync: 'interval' as const,
      syncEveryMs: 5,
      onProblem: (message: string) => problems.push(message),
    };
    const journal = Journal.open(folder, systemClock, options);
    await journal.open('session', openRecord('a'));
    full = true;
    const [opened, closed] = await Promise.allSettled([
      journal.open('session', openRecord('b')),
      journal.close('a', close),
    ]);
    expect(opened).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    expect(closed.status).toBe('fulfilled');
    expect(journal.writable).toBe(false);
    expect(problems.length).toBeGreaterThan(0);

    full = false;
    for (let i = 0; i < 500 && !journal.writable; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(journal.writable).toBe(true);
    await journal.open('session', openRecord('c'));
    await journal.shutdown();

    const next = Journal.open(folder, systemClock, options);
    const left = next.unfinished.map((attempt) => [attempt.open.usageId, attempt.close !== undefined]);
    expect(left).toEqual([
      ['a', true],
      ['c', false],
    ]);
    await next.shutdown();
  });

  it('keeps the closes that were written to the room made ahead when the process is killed then', async () => {
    const options = { sync: 'interval' as const, syncEveryMs: 5, onProblem: () => undefined };
    const journal = Journal.open(folder, systemClock, options);
    await journal.open('session', openRecord('a'));
    full = true;
    await journal.close('a', close);
    // What a kill leaves is what is in the folder now.
    const copy = fs.mkdtempSync(join(tmpdir(), 'journal-'));
    fs.cpSync(folder, copy, { recursive: true });
    full = false;
    await journal.shutdown();

    const next = Journal.open(copy, systemClock, options);
    expect(next.unfinished.map((attempt) => attempt.close)).toEqual([close]);
    await next.shutdown();
    fs.rmSync(copy, { recursive: true, force: true });
  });
});

const close: CloseRecord = {
  cost: '5',
  usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 0 },
  status: 200,
  reason: 'ok',
  estimated: false,
  latencyMs: 1,
  firstByteMs: 1,
};

function openRecord(usageId: string): OpenRecord {
  const { cost, usage, status, reason, estimated, latencyMs, firstByteMs, ...open } = finishedAttempt({ usageId });
  return open;
}
