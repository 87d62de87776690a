import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { Deadline } from './deadline.ts';
import { Retry, type RetryOptions } from './retry.ts';

let time: SimulatedTime;
let madeAt: number[];
beforeEach(() => {
  time = new SimulatedTime();
  madeAt = [];
});

const make = (options: RetryOptions = {}) => new Retry({ clock: time, random: () => 0.5, baseMs: 100, ...options });
const start = 1_000;

/** Fails with each error in turn, then gives `done`. */
function failing(...errors: unknown[]): (attempt: number) => Promise<string> {
  return async (attempt) => {
    madeAt.push(time.now() - start);
    if (attempt <= errors.length) throw errors[attempt - 1];
    return 'done';
  };
}

/** What a call comes to once all the time it needs has passed. */
async function outcome<T>(call: Promise<T>): Promise<T | Error> {
  const ended = call.catch((error: Error) => error);
  await time.advance(100_000);
  return ended;
}

const failure = (fields = {}) => Object.assign(new Error('busy'), fields);

describe('a retry', () => {
  it('waits a part of a time that grows, by chance', async () => {
    const retry = make({ attempts: 5, growth: 2, maxMs: 300 });
    await expect(outcome(retry.run(failing(1, 2, 3, 4)))).resolves.toBe('done');
    expect(madeAt).toEqual([0, 50, 150, 300, 450]);
    expect(retry.statistics()).toEqual({ retries: 4, refused: 0 });
  });

  it('ends with the latest error after as many attempts as there may be', async () => {
    const errors = [failure(), failure(), failure()];
    await expect(outcome(make({ attempts: 3 }).run(failing(...errors)))).resolves.toBe(errors[2]);
    expect(madeAt).toHaveLength(3);
  });

  it.each([
    [{ retryable: true }, undefined, 2],
    [{ retryable: false }, undefined, 1],
    [{}, undefined, 2],
    [{ retryable: false }, () => true, 2],
    [{ retryable: true }, () => false, 1],
  ])('goes by what the error says of itself, unless told otherwise: %j', async (fields, retryIf, attempts) => {
    await outcome(make({ retryIf }).run(failing(failure(fields))));
    expect(madeAt).toHaveLength(attempts);
  });

  it('waits its jitter on top of what the error asks for', async () => {
    await outcome(make().run(failing(failure({ retryAfterMs: 700 }), failure({ retryAfterMs: 1 }))));
    expect(madeAt).toEqual([0, 750, 851]);
  });

  it('gives up where the error asks for longer than is waited', async () => {
    const error = failure({ retryAfterMs: 5_001 });
    await expect(outcome(make({ maxRetryAfterMs: 5_000 }).run(failing(error)))).resolves.toBe(error);
    expect(madeAt).toEqual([0]);
  });

  it.each([
    [{ retryAfterMs: 1_000 }, 1_000],
    [{}, 50],
  ])('gives up at once where the deadline comes first: %j', async (fields, leftMs) => {
    const error = failure(fields);
    const deadline = Deadline.after(leftMs, { clock: time });
    const ended = make().run(failing(error), { deadline });
    await expect(ended).rejects.toBe(error);
    expect(madeAt).toEqual([0]);
  });

  it('stops waiting when its caller does, and makes no more attempts', async () => {
    const caller = new AbortController();
    const ended = make()
      .run(failing(failure()), { signal: caller.signal })
      .catch((error: unknown) => error);
    await time.advance(10);
    caller.abort('gone');
    await expect(ended).resolves.toBe('gone');
    expect(time.waiting).toBe(0);
    expect(madeAt).toEqual([0]);
  });

  it('has no more than its budget allows, which all calls share', async () => {
    const retry = make({ attempts: 100, budget: { ratio: 0.1, minPerSecond: 1 } });
    const always = () => Promise.reject(failure());
    const calls = Array.from({ length: 50 }, () => retry.run(always).catch(() => 'failed'));
    await time.advance(5_000);
    await Promise.all(calls);
    expect(retry.statistics()).toEqual({ retries: 15, refused: 50 });
  });
});
