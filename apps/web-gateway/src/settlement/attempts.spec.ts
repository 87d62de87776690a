import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { finishedAttempt } from '@purser/testing';
import type { CloseRecord, OpenRecord } from '../journal/record.ts';
import type { Reservation } from '../leases/lease-book.ts';
import { Attempts, type AttemptLog } from './attempts.ts';
import type { Finished } from './shipper.ts';

const { cost, usage, status, reason, estimated, latencyMs, firstByteMs, ...open } = finishedAttempt();
const close: CloseRecord = { cost, usage, status, reason, estimated, latencyMs, firstByteMs };

describe('attempts', () => {
  it('write the open, then the close, then free the money, then ship', async () => {
    const { log, attempts, reservation, events } = setUp();
    const attempt = await attempts.open(reservation, open);
    expect(attempts.unsettledOf('session')).toBe(1);
    await attempt.close(close);
    expect(events).toEqual(['open', 'close', `free ${cost}`, 'ship']);
    attempts.settled([{ session: 'session', record: { ...open, ...close } }]);
    expect(attempts.unsettledOf('session')).toBe(0);
    expect(log.acknowledged).toEqual([open.usageId]);
  });

  it('that are over already are written at once, then shipped', async () => {
    const { log, attempts, reservation, events, shipped } = setUp();
    await attempts.record(reservation, open, close);
    expect(events).toEqual(['open and close', `free ${cost}`, 'ship']);
    expect(shipped).toEqual([{ session: 'session', record: { ...open, ...close } }]);
    expect(attempts.unsettledOf('session')).toBe(1);
    attempts.settled(shipped);
    expect(attempts.unsettledOf('session')).toBe(0);
    expect(log.acknowledged).toEqual([open.usageId]);
    log.failure = new DomainError('unavailable', 'full');
    await expect(attempts.record(reservation, open, close)).rejects.toBe(log.failure);
    expect([events.at(-1), shipped.length, attempts.unsettledOf('session')]).toEqual(['free 0', 1, 0]);
  });

  it('are not sent, and hold nothing, when the open can not be written', async () => {
    const { log, attempts, reservation, events } = setUp();
    log.failure = new DomainError('unavailable', 'full');
    await expect(attempts.open(reservation, open)).rejects.toBe(log.failure);
    expect(events).toEqual(['free 0']);
    expect(attempts.unsettledOf('session')).toBe(0);
  });

  it('are freed and shipped also when the close can not be written', async () => {
    const { log, attempts, reservation, events } = setUp();
    const attempt = await attempts.open(reservation, open);
    log.failure = new DomainError('unavailable', 'full');
    await expect(attempt.close(close)).rejects.toBe(log.failure);
    expect(events).toEqual(['open', `free ${cost}`, 'ship']);
  });

  it('of an earlier run are counted before the first is shipped, and orphans cost their bound', async () => {
    const { attempts, shipped } = setUp();
    const orphan = { session: 'old', open: { ...open, usageId: 'orphan' }, close: undefined };
    const finished = { session: 'old', open: { ...open, usageId: 'finished' }, close };
    const adopted = attempts.adopt([finished, orphan]);
    expect(attempts.unsettledOf('old')).toBe(2);
    await adopted;
    expect(shipped.map(({ record }) => [record.usageId, record.cost, record.reason, record.estimated])).toEqual([
      ['finished', cost, 'ok', false],
      ['orphan', open.bound, 'orphaned', true],
    ]);
  });

  it('are bounded in number while the budget service settles none', async () => {
    const { attempts, reservation } = setUp();
    const many = Array.from({ length: 100_000 }, () => ({ session: 'old', open, close }));
    await attempts.adopt(many);
    await expect(attempts.open(reservation, open)).rejects.toMatchObject({ code: 'unavailable' });
    attempts.settled([{ session: 'old', record: { ...open, ...close } }]);
    await attempts.open(reservation, open);
  });
});

function setUp() {
  const events: string[] = [];
  const shipped: Finished[] = [];
  const log = new RecordingLog(events);
  const attempts = new Attempts(log, (finished) => {
    events.push('ship');
    shipped.push(finished);
  });
  const reservation: Reservation = {
    leases: [],
    session: 'session',
    close: (spent) => void events.push(`free ${spent}`),
  };
  return { log, attempts, reservation, events, shipped };
}

class RecordingLog implements AttemptLog {
  failure: DomainError | undefined;
  readonly acknowledged: string[] = [];
  readonly #events: string[];

  constructor(events: string[]) {
    this.#events = events;
  }

  async open(_session: string, _open: OpenRecord, close?: CloseRecord): Promise<void> {
    if (this.failure) throw this.failure;
    this.#events.push(close ? 'open and close' : 'open');
  }

  async close(): Promise<void> {
    if (this.failure) throw this.failure;
    this.#events.push('close');
  }

  acknowledge(usageIds: Iterable<string>): void {
    this.acknowledged.push(...usageIds);
  }
}
