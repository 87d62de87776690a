import { beforeEach, describe, expect, it } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { Deadline } from './deadline.ts';
import { dependency, type Attempt, type CallOptions, type Dependency } from './dependency.ts';
import type { DependencyOptions } from './dependency-options.ts';

let time: SimulatedTime;
let attempts: Attempt[];
beforeEach(() => {
  time = new SimulatedTime();
  attempts = [];
});

const declare = (options: Omit<DependencyOptions, 'name'> = {}) =>
  dependency({ name: 'shop', clock: time, random: () => 0.5, ...options });

const breaker = { minimumCalls: 2, openMs: 10_000, jitter: 0, windowMs: 1_000_000 };
const hang = () => new Promise<never>(() => undefined);
const refuse = () => Promise.reject(new Error('busy'));

/** What a call comes to once the time has passed that it needs. */
async function run<T>(shop: Dependency, work: () => Promise<T>, call?: CallOptions<T>): Promise<unknown> {
  const ended = shop
    .run((attempt) => {
      attempts.push(attempt);
      return work();
    }, call)
    .catch((error: unknown) => error);
  await time.advance(60_000);
  return ended;
}

describe('the layers of a dependency', () => {
  it('cost nothing where they are not declared: the work is asked, and that is all', async () => {
    const shop = declare();
    await expect(run(shop, async () => 'done')).resolves.toBe('done');
    await expect(run(shop, refuse)).resolves.toMatchObject({ message: 'busy' });
    expect(attempts.map(({ attempt, deadline, signal }) => [attempt, deadline, signal.aborted])).toEqual([
      [1, undefined, false],
      [1, undefined, false],
    ]);
    expect(shop.statistics()).toMatchObject({ calls: 2, successes: 1, budget: null, breaker: null, bulkhead: null });
  });

  it('have the total deadline around retries, each attempt with its own within it', async () => {
    const shop = declare({ deadlineMs: 1_000, attemptTimeoutMs: 400, retry: { attempts: 10 } });
    await expect(run(shop, hang)).resolves.toMatchObject({ name: 'DeadlineExceeded', limit: 'total', limitMs: 1_000 });
    const failing = declare({ deadlineMs: 1_000, retry: { attempts: 2 } });
    const busyThenSilent = () => (attempts.at(-1)!.attempt === 1 ? refuse() : hang());
    await expect(run(failing, busyThenSilent)).resolves.toMatchObject({ limit: 'total', cause: { message: 'busy' } });
    attempts.splice(3);
    // 400, a wait of 50, 400, a wait of 100, and the 50 ms that are left.
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const reasons = attempts.map(({ signal }) => (signal.reason as { limit: string }).limit);
    expect(reasons).toEqual(['attempt', 'attempt', 'total']);
    expect(shop.statistics()).toMatchObject({
      failures: { deadline: 1 },
      attempts: 3,
      attemptFailures: { 'attempt-timeout': 2, deadline: 1 },
      retries: 2,
    });
    expect(time.waiting).toBe(0);
  });

  it('shrink with the deadline of the caller, and make no attempt where it is over', async () => {
    const shop = declare({ deadlineMs: 1_000 });
    const deadline = Deadline.after(300, { clock: time });
    await expect(run(shop, hang, { deadline })).resolves.toMatchObject({ dependency: 'shop', limitMs: 300 });
    await expect(run(shop, hang, { deadline })).resolves.toMatchObject({ name: 'DeadlineExceeded', limit: 'total' });
    expect(attempts).toHaveLength(1);
    await expect(run(declare(), hang, { deadline: Deadline.after(5, { clock: time }) })).resolves.toMatchObject({
      limitMs: 5,
    });
  });

  it('have retries around the bulkhead: who waits for the next attempt holds no place', async () => {
    const shop = declare({ retry: { baseMs: 1_000 }, bulkhead: { maxConcurrent: 1 } });
    const first = shop.run(({ attempt }) => (attempt === 1 ? refuse() : Promise.resolve('second attempt')));
    await time.advance(100);
    await expect(shop.run(async () => 'other')).resolves.toBe('other');
    await time.advance(1_000);
    await expect(first).resolves.toBe('second attempt');
  });

  it('have the bulkhead around the breaker: who waits for a place is not let through by it yet', async () => {
    const shop = declare({ bulkhead: { maxConcurrent: 1, maxQueued: 1 }, breaker: { ...breaker, minimumCalls: 1 } });
    const first = shop.run(() => time.sleep(10).then(refuse)).catch(() => 'failed');
    const second = shop.run(async () => 'done').catch((error: Error) => error.name);
    await time.advance(100);
    expect(await Promise.all([first, second])).toEqual(['failed', 'BreakerOpen']);
    expect(shop.statistics()).toMatchObject({ attempts: 1, bulkhead: { active: 0 } });
  });

  it('do not wait for a place beyond the total deadline', async () => {
    const shop = declare({ deadlineMs: 100, bulkhead: { maxConcurrent: 1, maxQueued: 1, maxWaitMs: 5_000 } });
    const first = shop.run(() => time.sleep(90));
    const second = shop.run(hang).catch((error: unknown) => error);
    await time.advance(200);
    await first;
    await expect(second).resolves.toMatchObject({ name: 'DeadlineExceeded', limit: 'total' });
    expect(shop.statistics().bulkhead).toMatchObject({ active: 0, queued: 0 });
  });

  it('have the breaker around the attempt timeout: attempts that are late open it', async () => {
    const shop = declare({ attemptTimeoutMs: 50, breaker });
    await run(shop, hang);
    await run(shop, hang);
    expect(shop.breaker!.statistics().changes.open).toBe(1);
  });

  it('count each attempt for the breaker, and stop trying once it is open', async () => {
    const shop = declare({ retry: { attempts: 10 }, breaker });
    await expect(run(shop, refuse)).resolves.toMatchObject({ message: 'busy' });
    expect(attempts).toHaveLength(2);
    await expect(run(declare({ retry: {}, bulkhead: { maxConcurrent: 1 } }), refuse)).resolves.toBeInstanceOf(Error);
    expect(shop.statistics()).toMatchObject({ retries: 1, breaker: { changes: { open: 1 } } });
  });

  it('try nothing again that must not have its effect twice', async () => {
    const shop = declare({ retry: {} });
    await expect(run(shop, refuse, { mayRetry: false })).resolves.toMatchObject({ message: 'busy' });
    expect(shop.statistics()).toMatchObject({ attempts: 1, retries: 0, retriesRefused: 0 });
  });

  it('have the fallback around everything', async () => {
    const shop = declare({ deadlineMs: 100, breaker, fallback: (error) => (error as Error).name });
    await expect(run(shop, hang)).resolves.toBe('DeadlineExceeded');
    await expect(run(shop, refuse)).resolves.toBe('Error');
    await expect(shop.run(refuse)).resolves.toBe('Error');
    await expect(run(shop, hang, { fallback: () => 'own' as never })).resolves.toBe('own');
    expect(shop.statistics()).toMatchObject({ calls: 4, successes: 0, fallbacks: 4 });
  });
});

describe('a caller that goes away', () => {
  it('gets the reason it gave, no fallback, and counts for nothing', async () => {
    const shop = declare({ deadlineMs: 1_000, breaker: { ...breaker, minimumCalls: 1 }, fallback: () => 'fallback' });
    const caller = new AbortController();
    const ended = shop.run(hang, { signal: caller.signal }).catch((error: unknown) => error);
    await time.advance(10);
    caller.abort('gone');
    await expect(ended).resolves.toBe('gone');
    expect(shop.statistics()).toMatchObject({
      failures: { cancelled: 1 },
      breaker: { state: 'closed', window: { calls: 0 } },
    });
    expect(time.waiting).toBe(0);
    await expect(run(shop, hang, { signal: caller.signal })).resolves.toBe('gone');
  });

  it('is heard without any time limit too', async () => {
    const caller = new AbortController();
    const ended = declare()
      .run(hang, { signal: caller.signal })
      .catch((error: unknown) => error);
    caller.abort('gone');
    await expect(ended).resolves.toBe('gone');
  });
});

describe('what speaks against a dependency', () => {
  it('is not that a caller had hardly any time left', async () => {
    const shop = declare({ breaker: { ...breaker, slowCallMs: 500 } });
    for (let call = 0; call < 5; call += 1) {
      await run(shop, hang, { deadline: Deadline.after(100, { clock: time }) });
    }
    expect(shop.breaker!.state.kind).toBe('closed');
    await run(shop, hang, { deadline: Deadline.after(500, { clock: time }) });
    await run(shop, hang, { deadline: Deadline.after(500, { clock: time }) });
    expect(shop.breaker!.statistics().changes.open).toBe(1);
  });

  it.each([
    ['nothing', {}],
    ['a time for each attempt', { attemptTimeoutMs: 5_000 }],
    ['a time for the whole', { deadlineMs: 5_000 }],
  ])('is not that callers have hardly any time, where it declares %s', async (_what, declared) => {
    const shop = declare({ breaker, ...declared });
    for (let call = 0; call < 20; call += 1) {
      await run(shop, () => time.sleep(30), { deadline: Deadline.after(2, { clock: time }) });
    }
    expect(shop.breaker!.statistics()).toMatchObject({ state: 'closed', window: { calls: 0 } });
  });

  it('is a declared time that it let pass', async () => {
    const shop = declare({ breaker, deadlineMs: 5_000 });
    await run(shop, hang);
    await run(shop, hang, { deadline: Deadline.after(60_000, { clock: time }) });
    expect(shop.breaker!.statistics().changes.open).toBe(1);
  });

  it('is neither yes nor no where its declaration can not say', async () => {
    const shop = declare({ breaker: { ...breaker, isFailure: () => undefined } });
    await run(shop, refuse);
    await expect(shop.breaker!.execute(refuse)).rejects.toThrow('busy');
    expect(shop.breaker!.statistics().window.calls).toBe(0);
  });

  it('is not what its own dependencies say of themselves', async () => {
    const other = dependency({ name: 'other', clock: time, breaker: { ...breaker, minimumCalls: 1 } });
    await other.run(refuse).catch(() => undefined);
    const shop = declare();
    await expect(run(shop, () => other.run(refuse))).resolves.toMatchObject({ dependency: 'other' });
    expect(shop.statistics()).toMatchObject({ failures: { error: 1, 'breaker-open': 0 } });
  });
});
