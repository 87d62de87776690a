import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import type { BreakerOptions } from './breaker-options.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { BreakerOpen } from './errors.ts';

let time: SimulatedTime;
beforeEach(() => {
  time = new SimulatedTime();
});

const make = (options: BreakerOptions = {}) =>
  new CircuitBreaker({ name: 'shop', minimumCalls: 10, jitter: 0, clock: time, ...options });

function fail(breaker: CircuitBreaker, times: number): void {
  for (let call = 0; call < times; call += 1) breaker.tryEnter()?.fail();
}

function succeed(breaker: CircuitBreaker, times: number, durationMs = 1): void {
  for (let call = 0; call < times; call += 1) breaker.tryEnter()?.succeed(durationMs);
}

function opened(options?: BreakerOptions): CircuitBreaker {
  const breaker = make(options);
  fail(breaker, 10);
  expect(breaker.state.kind).toBe('open');
  return breaker;
}

describe('a closed breaker', () => {
  it('opens by the share of failures, not before the minimum of calls', () => {
    const breaker = make();
    fail(breaker, 9);
    expect(breaker.state.kind).toBe('closed');
    succeed(breaker, 1);
    expect(breaker.state.kind).toBe('open');
  });

  it('stays closed below the share', () => {
    const breaker = make({ failureRate: 0.5 });
    for (let round = 0; round < 100; round += 1) {
      succeed(breaker, 6);
      fail(breaker, 4);
    }
    expect(breaker.state.kind).toBe('closed');
  });

  it('opens by the share of slow calls', () => {
    const breaker = make({ slowCallMs: 100, slowCallRate: 0.5 });
    succeed(breaker, 5, 99);
    succeed(breaker, 4, 100);
    expect(breaker.state.kind).toBe('closed');
    succeed(breaker, 1, 100);
    expect(breaker.state.kind).toBe('open');
  });

  it('counts a call as slow once it is, though it has not come back, and once only', () => {
    const breaker = make({ slowCallMs: 100, windowMs: 1_000_000 });
    const out = Array.from({ length: 9 }, () => breaker.tryEnter()!);
    time.skip(100);
    expect(breaker.mayEnter()).toBe(true);
    expect(breaker.statistics().window).toEqual({ calls: 9, failures: 0, slow: 9 });
    for (const permit of out) permit.fail();
    expect(breaker.statistics().window).toEqual({ calls: 9, failures: 0, slow: 9 });
    breaker.tryEnter();
    time.skip(100);
    expect([breaker.tryEnter(), breaker.state.kind]).toEqual([undefined, 'open']);
  });

  it('takes a probe for failed once it is slow', () => {
    const breaker = opened({ slowCallMs: 100, openMs: 1_000 });
    time.skip(1_000);
    breaker.tryEnter();
    time.skip(100);
    expect([breaker.tryEnter(), breaker.state.kind]).toEqual([undefined, 'open']);
  });

  it('forgets what lies before its window', () => {
    const breaker = make({ windowMs: 10_000 });
    fail(breaker, 9);
    time.skip(11_000);
    fail(breaker, 9);
    expect(breaker.state.kind).toBe('closed');
    time.skip(5_000);
    fail(breaker, 1);
    expect(breaker.state.kind).toBe('open');
  });

  it('counts a permit once, and not one that is ignored', () => {
    const breaker = make();
    for (let call = 0; call < 20; call += 1) breaker.tryEnter()!.ignore();
    const permit = breaker.tryEnter()!;
    for (let again = 0; again < 20; again += 1) permit.fail();
    expect(breaker.statistics()).toMatchObject({ state: 'closed', window: { calls: 1, failures: 1 } });
  });
});

describe('an open breaker', () => {
  it('refuses until its time is over, and says when that is', async () => {
    const breaker = opened({ openMs: 1_000 });
    time.skip(400);
    await expect(breaker.execute(async () => 1)).rejects.toMatchObject({
      name: 'BreakerOpen',
      dependency: 'shop',
      retryAfterMs: 600,
      retryable: true,
    });
    expect(breaker.refusal()).toBeInstanceOf(BreakerOpen);
    time.skip(600);
    await expect(breaker.execute(async () => 1)).resolves.toBe(1);
    expect(breaker.state.kind).toBe('closed');
  });

  it('passes over what was let through before', () => {
    const breaker = make();
    const early = Array.from({ length: 20 }, () => breaker.tryEnter()!);
    fail(breaker, 10);
    early[0]!.succeed(1);
    early[1]!.fail();
    time.skip(1_000);
    const probe = breaker.tryEnter()!;
    early[2]!.fail();
    early[3]!.succeed(1);
    expect(breaker.state.kind).toBe('half-open');
    probe.succeed(1);
    for (const late of early) late.fail();
    expect(breaker.statistics()).toMatchObject({ state: 'closed', window: { calls: 0 } });
  });

  it('opens for longer each time a probe fails, up to the maximum, and begins anew once closed', () => {
    const breaker = opened({ openMs: 1_000, growth: 2, maxOpenMs: 3_000 });
    const waits = [];
    for (let probe = 0; probe < 4; probe += 1) {
      waits.push(breaker.retryAfterMs);
      time.skip(breaker.retryAfterMs);
      breaker.tryEnter()!.fail();
    }
    expect(waits).toEqual([1_000, 2_000, 3_000, 3_000]);
    time.skip(3_000);
    succeed(breaker, 1);
    fail(breaker, 10);
    expect(breaker.retryAfterMs).toBe(1_000);
  });

  it('leaves out a part of the time by chance', () => {
    const waits = [0, 0.5, 0.999].map((chance) => opened({ jitter: 0.2, random: () => chance }).retryAfterMs);
    expect(waits.map(Math.round)).toEqual([1_000, 900, 800]);
  });
});

describe('a half-open breaker', () => {
  it('has as many probes out as it may, and refuses the others at once', async () => {
    const breaker = opened({ probes: 2, successesToClose: 3 });
    time.skip(1_000);
    const [first, second] = [breaker.tryEnter(), breaker.tryEnter()];
    expect(breaker.tryEnter()).toBeUndefined();
    await expect(breaker.execute(async () => 1)).rejects.toThrow(BreakerOpen);
    first!.succeed(1);
    second!.succeed(1);
    expect(breaker.state).toMatchObject({ kind: 'half-open', succeeded: 2, probes: [] });
    breaker.tryEnter()!.succeed(1);
    expect(breaker.state.kind).toBe('closed');
  });

  it.each<['fails' | 'is slow', BreakerOptions]>([
    ['fails', {}],
    ['is slow', { slowCallMs: 100 }],
  ])('opens again where a probe %s', (how, options) => {
    const breaker = opened({ probes: 2, successesToClose: 2, ...options });
    time.skip(1_000);
    const [first, second] = [breaker.tryEnter()!, breaker.tryEnter()!];
    if (how === 'fails') first.fail();
    else first.succeed(100);
    expect(breaker.state).toMatchObject({ kind: 'open', openings: 2 });
    second.succeed(1);
    expect(breaker.state.kind).toBe('open');
  });

  it('gives the place of a probe that says nothing to the next', () => {
    const breaker = opened();
    time.skip(1_000);
    breaker.tryEnter()!.ignore();
    expect(breaker.state.kind).toBe('half-open');
    expect(breaker.tryEnter()).toBeDefined();
  });

  it('says whether a call would be let through, and gives a probe that does not come back up then too', () => {
    const breaker = opened({ openMs: 1_000, maxOpenMs: 1_000, probeTimeoutMs: 5_000 });
    expect([breaker.mayEnter(), breaker.statistics().refused]).toEqual([false, 1]);
    time.skip(1_000);
    expect([breaker.mayEnter(), breaker.mayEnter(), breaker.state.kind]).toEqual([true, true, 'open']);
    breaker.tryEnter();
    expect([breaker.mayEnter(), breaker.state.kind]).toEqual([false, 'half-open']);
    time.skip(5_000);
    expect([breaker.mayEnter(), breaker.state.kind]).toEqual([false, 'open']);
    time.skip(1_000);
    breaker.tryEnter()!.succeed(1);
    expect(breaker.mayEnter()).toBe(true);
  });

  it('takes a probe that does not come back for one that failed', () => {
    const breaker = opened({ probeTimeoutMs: 5_000 });
    time.skip(1_000);
    const lost = breaker.tryEnter()!;
    time.skip(4_999);
    expect(breaker.tryEnter()).toBeUndefined();
    expect(breaker.state.kind).toBe('half-open');
    time.skip(1);
    expect(breaker.tryEnter()).toBeUndefined();
    expect(breaker.state).toMatchObject({ kind: 'open', openings: 2 });
    lost.succeed(1);
    expect(breaker.state.kind).toBe('open');
    time.skip(2_000);
    expect(breaker.tryEnter()).toBeDefined();
  });
});

describe('work in a breaker', () => {
  const rejecting = (error: unknown) => async () => Promise.reject(error as Error);

  it('counts an error that is no failure as an answer', async () => {
    const breaker = make({ isFailure: (error) => !(error instanceof RangeError) });
    for (let call = 0; call < 20; call += 1) {
      await expect(breaker.execute(rejecting(new RangeError('none such')))).rejects.toThrow(RangeError);
    }
    expect(breaker.statistics()).toMatchObject({ state: 'closed', window: { calls: 20, failures: 0 } });
  });

  it('does not count what its caller called off', async () => {
    const breaker = make();
    for (let call = 0; call < 20; call += 1) {
      await expect(breaker.execute(rejecting(new Error('x')), AbortSignal.abort())).rejects.toThrow('x');
    }
    expect(breaker.statistics().window.calls).toBe(0);
  });

  it('gives the place of a probe back where the predicate throws', async () => {
    const breaker = opened({
      isFailure: () => {
        throw new Error('predicate');
      },
    });
    time.skip(1_000);
    await expect(breaker.execute(rejecting(new Error('x')))).rejects.toThrow('predicate');
    expect(breaker.state).toMatchObject({ kind: 'half-open', probes: [] });
  });
});

it('warns of a listener that throws, and leaves the call its outcome', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue();
  const breaker = make({ minimumCalls: 1 });
  breaker.onChange(() => {
    throw new Error('a broken listener');
  });
  await expect(breaker.execute(() => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
  expect(warn.mock.calls).toEqual([['A listener of the breaker shop threw: Error: a broken listener']]);
  warn.mockRestore();
});

it('tells of each change, and counts it', () => {
  const breaker = make();
  const changes: string[] = [];
  const stop = breaker.onChange((to, from) => changes.push(`${from.kind} > ${to.kind}`));
  fail(breaker, 10);
  time.skip(1_000);
  breaker.tryEnter()!.succeed(1);
  expect(changes).toEqual(['closed > open', 'open > half-open', 'half-open > closed']);
  stop();
  fail(breaker, 11);
  expect(changes).toHaveLength(3);
  expect(breaker.statistics()).toMatchObject({ refused: 1, changes: { open: 2, 'half-open': 1, closed: 1 } });
});
