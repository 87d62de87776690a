import { afterEach, describe, expect, it } from '@jest/globals';
import { Readiness, type ReadinessCheck } from '../index.ts';

const soon = () => AbortSignal.timeout(5_000);
const turns = async (count = 10) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('readiness', () => {
  const all: Readiness[] = [];

  /** Rounds come as fast as they can be made. */
  function watched(check: ReadinessCheck, options = {}): Readiness {
    const readiness = new Readiness({ intervalMs: 0, ...options });
    readiness.add(check);
    readiness.watch();
    all.push(readiness);
    return readiness;
  }

  afterEach(() => {
    for (const readiness of all.splice(0)) readiness.stop();
  });

  it('needs the start and every check', async () => {
    const readiness = watched({ name: 'database', check: () => undefined });
    await turns();
    expect([readiness.started, readiness.ready]).toEqual([false, false]);
    readiness.start();
    await readiness.whenReady(soon());
    expect(readiness.states()).toEqual([
      { name: 'service', up: true },
      { name: 'database', up: true },
    ]);
    readiness.add({ name: 'messages', check: () => Promise.reject(new Error('not connected')) });
    expect(readiness.ready).toBe(false);
    await turns();
    expect(readiness.states()[2]).toEqual({ name: 'messages', up: false, message: 'not connected' });
  });

  it('is not lost by one failure, but by two in a row, and regained by one success', async () => {
    const outcomes = [true, false, true, false, false];
    const history: boolean[] = [];
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const readiness = watched({
      name: 'database',
      check: async () => {
        history.push(readiness.ready);
        if (outcomes.length === 0) resolve();
        if (outcomes.shift() === false) throw new Error('away');
      },
    });
    readiness.start();
    await end;
    // What was seen before each attempt: first none, then after each of the outcomes.
    expect(history).toEqual([false, true, true, true, true, false]);
    await readiness.whenReady(soon());
  });

  it('counts a check that hangs as failed, and never asks a second time beside it', async () => {
    let asked = 0;
    const readiness = watched({
      name: 'database',
      timeoutMs: 5,
      check: () => {
        asked += 1;
        return new Promise<void>(() => undefined);
      },
    });
    readiness.start();
    // Said from the second round on; a round that asked again would say something else.
    while (readiness.states()[1]?.message !== 'does not answer') await turns(1);
    await turns();
    expect([asked, readiness.ready]).toEqual([1, false]);
  });

  it('falls for good when the service stops', async () => {
    const readiness = watched({ name: 'database', check: () => undefined });
    readiness.start();
    await readiness.whenReady(soon());
    readiness.fall();
    await turns();
    expect([readiness.ready, readiness.started]).toEqual([false, true]);
    expect(readiness.states()[0]).toEqual({ name: 'service', up: false, message: 'is stopping' });
  });

  it('asks nothing for being looked at, and nothing once stopped', async () => {
    let asked = 0;
    const readiness = watched({ name: 'database', check: () => void (asked += 1) }, { intervalMs: 3_600_000 });
    await turns();
    for (let probe = 0; probe < 100; probe++) readiness.states();
    readiness.stop();
    await turns();
    expect(asked).toBe(1);
  });

  it('ends the wait for it when nobody waits any more', async () => {
    const readiness = watched({ name: 'database', check: () => Promise.reject(new Error('away')) });
    const abort = new AbortController();
    const waiting = readiness.whenReady(abort.signal);
    abort.abort();
    await waiting;
    expect(readiness.ready).toBe(false);
  });
});
