import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { finishedAttempt } from '@purser/testing';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../leases/clock.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { decodeSegment, encodeLine, type CloseRecord, type OpenRecord } from './record.ts';

let folder: string;
let problems: string[];
const open = (): Journal => openWith({});
const openWith = (options: Partial<JournalOptions>): Journal =>
  Journal.open(folder, systemClock, {
    sync: 'interval',
    syncEveryMs: 5,
    onProblem: (message) => problems.push(message),
    ...options,
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  problems = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a journal', () => {
  it('gives what was not acknowledged to the next run', async () => {
    const first = open();
    await Promise.all(['a', 'b', 'c'].map((id) => first.open('session', openRecord(id))));
    await first.close('a', closeRecord);
    await first.close('b', closeRecord);
    first.acknowledge(['a']);
    await first.shutdown();

    const second = open();
    expect(second.gatewayId).toBe(first.gatewayId);
    const left = new Map(second.unfinished.map(({ open: { usageId }, close }) => [usageId, close]));
    expect(left.get('b')).toEqual(closeRecord);
    expect(left.has('c')).toBe(true);
    expect(left.get('c')).toBeUndefined();
    await second.shutdown();
  });

  it('keeps what is over already in one line', async () => {
    const first = open();
    await first.open('session', openRecord('settled'), closeRecord);
    await first.open('session', openRecord('left'), closeRecord);
    first.acknowledge(['settled']);
    await first.shutdown();
    const second = open();
    const left = new Map(second.unfinished.map(({ open: { usageId }, close }) => [usageId, close]));
    expect(left.get('left')).toEqual(closeRecord);
    second.acknowledge(['left', 'settled']);
    await second.shutdown();
    const third = open();
    expect(third.unfinished).toEqual([]);
    await third.shutdown();
  });

  it('has every line with the operating system when its promise resolves', async () => {
    const journal = open();
    await journal.open('session', openRecord('a'));
    const [segment] = readdirSync(folder).filter((name) => name.endsWith('.journal'));
    expect(decodeSegment(readFileSync(join(folder, segment as string))).lines).toHaveLength(1);
    await journal.shutdown();
  });

  it('cuts a torn tail and trusts the rest', async () => {
    const first = open();
    await first.open('session', openRecord('whole'));
    await first.open('session', openRecord('torn'));
    await first.shutdown();
    const segment = join(folder, readdirSync(folder).find((name) => name.endsWith('.journal')) as string);
    truncateSync(segment, readFileSync(segment).length - 7);
    rmSync(join(folder, 'clean'));

    const second = open();
    expect(second.unfinished.map(({ open: { usageId } }) => usageId)).toEqual(['whole']);
    expect(second.trusted).toBe(true);
    await second.shutdown();
  });

  it('does not trust a file that is damaged in the middle, until a hello was answered', async () => {
    const first = open();
    await first.open('session', openRecord('a'));
    await first.open('session', openRecord('b'));
    await first.shutdown();
    rmSync(join(folder, 'clean'));
    const segment = join(folder, readdirSync(folder).find((name) => name.endsWith('.journal')) as string);
    const bytes = readFileSync(segment);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(segment, bytes);

    const second = open();
    expect(second.trusted).toBe(false);
    await second.shutdown();
    const third = open();
    expect(third.trusted).toBe(false);
    third.accepted();
    expect(third.trusted).toBe(true);
    await third.shutdown();
  });

  it.each([
    ['interval', false],
    ['always', true],
  ] as const)('after a power loss, synced by %s, is trusted: %s', async (sync, trusted) => {
    const first = openWith({ sync });
    await first.open('session', openRecord('a'));
    await first.shutdown();
    // As it is after a power loss: no clean stop, and the machine has started anew.
    rmSync(join(folder, 'clean'));
    writeFileSync(join(folder, 'boot'), `another ${sync === 'always' ? 'synced' : 'unsynced'}\n`);
    const second = open();
    expect(second.trusted).toBe(trusted);
    await second.shutdown();
  });

  it('is trusted after a clean stop, also where the machine has restarted', async () => {
    const first = open();
    await first.shutdown();
    writeFileSync(join(folder, 'boot'), 'another unsynced\n');
    const second = open();
    expect(second.trusted).toBe(true);
    await second.shutdown();
  });

  it('refuses a folder that another process uses, and leaves it as it is', async () => {
    const journal = open();
    await journal.open('session', openRecord('a'));
    expect(open).toThrow(/Another process uses the journal/);
    await journal.close('a', closeRecord);
    await journal.shutdown();
    const next = open();
    expect(next.unfinished).toHaveLength(1);
    await next.shutdown();
  });

  it('puts segments aside once all in them is acknowledged, and no sooner', async () => {
    const journal = openWith({ segmentBytes: 300 });
    for (const id of ['a', 'b', 'c', 'd']) await journal.open('session', openRecord(id));
    const names = () => readdirSync(folder).filter((name) => /\.(journal|done)$/.test(name));
    expect(names().every((name) => name.endsWith('.journal'))).toBe(true);
    for (const id of ['a', 'b', 'c', 'd']) await journal.close(id, closeRecord);
    journal.acknowledge(['a', 'b', 'c']);
    expect(names().filter((name) => name.endsWith('.done')).length).toBeGreaterThan(0);
    await journal.shutdown();

    const next = open();
    const left = new Map(next.unfinished.map(({ open: { usageId }, close }) => [usageId, close]));
    expect(left.get('d')).toEqual(closeRecord);
    expect(left.has('a')).toBe(false);
    await next.shutdown();
  });

  it('keeps a close whose open stands in an older segment until it is acknowledged', async () => {
    const first = openWith({ segmentBytes: 300 });
    await first.open('session', openRecord('slow'));
    for (const id of ['a', 'b', 'c']) {
      await first.open('session', openRecord(id));
      await first.close(id, closeRecord);
      first.acknowledge([id]);
    }
    await first.close('slow', closeRecord);
    await first.open('session', openRecord('z'));
    await first.close('z', closeRecord);
    first.acknowledge(['z']);
    await first.shutdown();

    const second = open();
    expect(second.unfinished.find(({ open: { usageId } }) => usageId === 'slow')?.close).toEqual(closeRecord);
    await second.shutdown();
  });

  it('reads on over a line of another version of itself without losing its neighbours', () => {
    const lines = ['a', 'b'].map((id) => encodeLine({ type: 'open', session: 's', open: openRecord(id) }));
    const decoded = decodeSegment(Buffer.from(`${lines[0]}00000000 {"nonsense":\n${lines[1]}`));
    expect(decoded.lines).toHaveLength(2);
    expect(decoded.damaged).toBe(1);
  });

  it('leaves alone what others keep in its folder', async () => {
    appendFileSync(join(folder, 'notes.txt'), 'mine');
    await open().shutdown();
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('refuses what comes after its end', async () => {
    const journal = open();
    await journal.shutdown();
    await expect(journal.open('session', openRecord('a'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

const closeRecord: CloseRecord = {
  cost: '5',
  usage: { inputTokens: 1, outputTokens: 2, cachedInputTokens: 0 },
  status: 200,
  reason: 'ok',
  estimated: false,
  latencyMs: 1.5,
  firstByteMs: null,
};

function openRecord(usageId: string): OpenRecord {
  const { cost, usage, status, reason, estimated, latencyMs, firstByteMs, ...open } = finishedAttempt({ usageId });
  return open;
}
