import { beforeEach, expect, it } from '@jest/globals';
import { AcquireTimeoutError, CreateTimeoutError, PoolDrainingError, QueueFullError } from '@purser/pooling';
import { ProviderBreakers, type AttemptOutcome } from './provider-breakers.ts';
import { ProviderCall, type CallFailure } from './provider-call.ts';

const FAST = { id: 'fast', name: 'fast' };
const BROKEN = { id: 'broken', name: 'broken' };
const HOUR_MS = 3_600_000;

let breakers: ProviderBreakers;
const make = (options = {}, slowMs = 0) =>
  new ProviderBreakers({ minimumCalls: 4, openMs: HOUR_MS, maxOpenMs: HOUR_MS, ...options }, slowMs);
beforeEach(() => {
  breakers = make();
});

function end(provider: AttemptOutcome['provider'], model = BROKEN, times = 4): void {
  for (let call = 0; call < times; call += 1) breakers.enter(model, false).end({ provider, mayRetry: false });
}

const refused = expect.objectContaining({ code: 'provider_busy', details: { retryAfterMs: expect.any(Number) } });

it('keeps requests from a model that fails, and not from the provider’s others', () => {
  end('ill');
  expect(() => breakers.check(BROKEN)).toThrow(refused);
  expect(() => breakers.enter(BROKEN, false)).toThrow('This model of the provider is not called for now');
  end('well', FAST);
  expect([breakers.retryAfterMs(FAST), breakers.retryAfterMs(BROKEN) > 0]).toEqual([0, true]);
});

it('keeps requests from a provider that can not be reached, whatever the model', () => {
  end('unreachable');
  expect(() => breakers.check(FAST)).toThrow(refused);
  expect(() => breakers.enter(FAST, false)).toThrow('The provider is not called for now');
  expect(breakers.statistics()).toMatchObject({ state: 'open', refused: 2 });
});

it('passes over attempts that say nothing', () => {
  end('unknown', BROKEN, 100);
  expect(() => breakers.check(BROKEN)).not.toThrow();
});

it('lets all through once the head of a probe’s answer has come, and counts how it ends all the same', async () => {
  breakers = make({ openMs: 1, maxOpenMs: 1, minimumCalls: 4 });
  end('ill');
  while (breakers.retryAfterMs(BROKEN) > 0) await new Promise(setImmediate);
  const probe = breakers.enter(BROKEN, false);
  expect(() => breakers.check(BROKEN)).toThrow(refused);
  probe.onSent();
  probe.onHead(200);
  end('well', BROKEN, 1);
  probe.end({ provider: 'ill', mayRetry: false });
  expect(breakers.modelStatistics()).toMatchObject([{ breaker: { window: { calls: 2, failures: 1 } } }]);
});

it('waits for the end of a probe whose answer is an error', async () => {
  breakers = make({ openMs: 1, maxOpenMs: 1 });
  end('ill');
  while (breakers.retryAfterMs(BROKEN) > 0) await new Promise(setImmediate);
  const probe = breakers.enter(BROKEN, false);
  probe.onHead(503);
  expect(() => breakers.check(BROKEN)).toThrow(refused);
  probe.end({ provider: 'ill', mayRetry: true });
  expect(breakers.modelStatistics()).toMatchObject([{ breaker: { changes: { open: 2 } } }]);
});

it('keeps requests from a provider whose streams do not begin, though none has ended', () => {
  let nowMs = 1_000;
  const clock = { now: () => nowMs, setTimer: () => ({}), clearTimer: () => undefined };
  breakers = make({ clock }, 60_000);
  for (let call = 0; call < 4; call += 1) breakers.enter([FAST, BROKEN][call % 2]!, true).onSent();
  nowMs += 59_999;
  expect(() => breakers.check(FAST)).not.toThrow();
  nowMs += 1;
  expect(() => breakers.check(FAST)).toThrow(refused);
  expect(() => breakers.enter(BROKEN, true)).toThrow('The provider is not called for now');
  expect(breakers.beginningStatistics()).toMatchObject({ state: 'open' });
});

it('takes no plain answer for slow, nor a stream that has begun', () => {
  let nowMs = 1_000;
  const clock = { now: () => nowMs, setTimer: () => ({}), clearTimer: () => undefined };
  breakers = make({ clock }, 60_000);
  for (let call = 0; call < 20; call += 1) breakers.enter(FAST, false).onSent();
  for (let call = 0; call < 20; call += 1) breakers.enter(FAST, true).onHead(200);
  nowMs += 3_600_000;
  expect(() => breakers.check(FAST)).not.toThrow();
});

const numbers = { inUse: 0, idle: 0, connecting: 1, waiting: 1, max: 1 };
it.each([
  ['the pool’s queue is full', new QueueFullError('p', numbers), true],
  ['the pool closes', new PoolDrainingError('p', numbers), true],
  ['all connections are in use', new AcquireTimeoutError('p', 5, { ...numbers, inUse: 1, connecting: 0 }), true],
  ['nobody answers', new AcquireTimeoutError('p', 5, numbers), undefined],
  ['nobody answers a connect', new CreateTimeoutError('p', 5, numbers), undefined],
  ['the peer refuses', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), undefined],
])('knows whose fault it is that there is no connection: %s', (_what, error, isOurs) => {
  const failures: CallFailure[] = [];
  const nothing = () => undefined;
  const onFailure = (failure: CallFailure) => void failures.push(failure);
  const call = new ProviderCall({ onSent: nothing, onHead: nothing, onData: nothing, onEnd: nothing, onFailure });
  call.onResponseError(null, error);
  expect(failures).toMatchObject([{ kind: 'connect-failed' }]);
  expect(failures[0]?.isOurs).toBe(isOurs);
});
