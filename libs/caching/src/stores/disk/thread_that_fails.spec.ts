import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DiskProblem } from './calls.ts';
import { DiskThread } from './disk-thread-calls.ts';

const options = { folder: '/nowhere', maxBytes: 1e6, compressAboveBytes: 1 };
const problems: DiskProblem[] = [];
const get = { kind: 'get' as const, namespace: 'space', keys: ['key'] };

function threadOf(script: string): DiskThread {
  return new DiskThread(
    options,
    (problem) => problems.push(problem),
    new URL(`./testing/${script}.ts`, import.meta.url),
  );
}

function refusalOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'answered',
    (error: Error) => error.message,
  );
}

beforeEach(() => {
  problems.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a disk that hangs', () => {
  it('lets so many calls wait, and refuses more of them at once', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick', 'performance'] });
    const thread = threadOf('hanging-thread');
    const calls = Array.from({ length: 20_000 }, () => refusalOf(thread.ask(get)));
    const late = await refusalOf(thread.ask(get));
    expect(late).toMatch('The disk does not keep up');
    const closing = thread.close();
    jest.advanceTimersByTime(10_000);
    await closing;
    const counted = Map.groupBy(await Promise.all(calls), (message) => message.slice(0, 20));
    // The first batch is with the thread, beside those that wait.
    expect([...counted].map(([message, { length }]) => [message, length])).toEqual([
      ['The disk store is cl', 10_000],
      ['The disk does not ke', 10_000],
    ]);
    expect(problems).toEqual([{ kind: 'failing', message: expect.stringContaining('did not close in time') }]);
  });

  it('lets so many bytes wait', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick', 'performance'] });
    const thread = threadOf('hanging-thread');
    const large = Array.from({ length: 3 }, () => refusalOf(thread.ask(get, 30_000_000)));
    expect(await large[2]).toMatch('The disk does not keep up');
    const closing = thread.close();
    jest.advanceTimersByTime(10_000);
    await closing;
    await expect(thread.ask(get)).rejects.toThrow('closed');
  });
});

describe('a thread that ends by itself', () => {
  it('fails the calls that wait for it, is reported, and is not started again at once', async () => {
    const thread = threadOf('failing-thread');
    const calls = Array.from({ length: 300 }, () => thread.ask(get));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    await expect(thread.ask(get)).rejects.toThrow('ended');
    expect(problems.map(({ kind }) => kind)).toEqual(['failing']);
    await thread.close();
  });
});

it('refuses a call that can not be handed to the thread, and ends no process for it', async () => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick', 'performance'] });
  const thread = threadOf('hanging-thread');
  await expect(thread.ask({ ...get, keys: [(() => 'key') as never] })).rejects.toThrow("can't be told");
  const closing = thread.close();
  jest.advanceTimersByTime(10_000);
  await closing;
});
