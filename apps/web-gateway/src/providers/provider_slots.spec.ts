import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '@purser/errors';
import type { TargetProvider } from '../configuration/snapshot.ts';
import { ProviderSlots, SlotPool } from './provider-slots.ts';

const never = new AbortController().signal;
const LIMITS = { mostWaiting: 1_000, waitMs: 60_000 };

function pool(concurrency: number, limits = LIMITS): SlotPool {
  const slots = new SlotPool('acme', limits);
  slots.resize(concurrency);
  return slots;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets each of these keys wait, frees as many slots one by one, and says who was served in which order. */
async function servedOrder(slots: SlotPool, keys: readonly string[]): Promise<string[]> {
  const served: string[] = [];
  for (const key of keys) void slots.wait(key, never).then(() => served.push(key));
  for (let freed = 0; freed < keys.length; freed++) {
    slots.release();
    await turn();
  }
  return served;
}

describe('SlotPool', () => {
  it('gives out as many slots as there are, then none', () => {
    const slots = pool(2);
    expect([slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([true, true, false]);
    slots.release();
    expect(slots.tryTake()).toBe(true);
  });

  it('serves the keys in turn, and each first come first served', async () => {
    const slots = pool(1);
    slots.tryTake();
    expect(await servedOrder(slots, ['a', 'a', 'a', 'a', 'b', 'c', 'b'])).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'a']);
  });

  it('lets nobody pass those who wait', async () => {
    const slots = pool(1);
    slots.tryTake();
    const waiting = slots.wait('a', never);
    slots.release();
    expect(slots.tryTake()).toBe(false);
    await waiting;
    slots.release();
    expect(slots.tryTake()).toBe(true);
  });

  it('refuses whoever would be too many', async () => {
    const slots = pool(1, { ...LIMITS, mostWaiting: 1 });
    slots.tryTake();
    const waiting = slots.wait('a', never);
    await expect(slots.wait('b', never)).rejects.toMatchObject({ code: 'rate_limit_exceeded', retryable: true });
    slots.release();
    await waiting;
  });

  it('refuses whoever has waited too long, and forgets it', async () => {
    const slots = pool(1, { ...LIMITS, waitMs: 5 });
    slots.tryTake();
    await expect(slots.wait('a', never)).rejects.toBeInstanceOf(DomainError);
    expect(slots.waiting).toBe(0);
    slots.release();
    expect(slots.active).toBe(0);
  });

  it('lets go of whoever gives up, before or while it waits', async () => {
    const slots = pool(1);
    slots.tryTake();
    const reason = new Error('gone');
    await expect(slots.wait('a', AbortSignal.abort(reason))).rejects.toBe(reason);
    const client = new AbortController();
    const waiting = slots.wait('a', client.signal);
    client.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(slots.waiting).toBe(0);
  });

  it('serves those who wait when there are more slots, and lets those who have one end when there are fewer', async () => {
    const slots = pool(1);
    slots.tryTake();
    const waiting = slots.wait('a', never);
    slots.resize(2);
    await waiting;
    expect(slots.active).toBe(2);
    slots.resize(1);
    slots.release();
    expect([slots.active, slots.tryTake()]).toEqual([1, false]);
  });

  it('is never over its limit, never idle while somebody waits, and loses nobody', async () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('wait'), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ kind: fc.constant('release'), key: fc.constant('') }),
      fc.record({ kind: fc.constant('give up'), key: fc.constant('') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(action, { maxLength: 60 }), async (size, actions) => {
        const slots = pool(size);
        const clients: AbortController[] = [];
        let entered = 0;
        let left = 0;
        let gone = 0;
        for (const { kind, key } of actions) {
          if (kind === 'release' && slots.active > 0) {
            slots.release();
            left += 1;
          } else if (kind === 'give up') {
            clients.shift()?.abort();
          } else if (kind === 'wait') {
            const client = new AbortController();
            clients.push(client);
            if (slots.tryTake()) entered += 1;
            else
              slots.wait(key, client.signal).then(
                () => (entered += 1),
                () => (gone += 1),
              );
          }
          await turn();
          expect(slots.active).toBeLessThanOrEqual(size);
          expect(slots.active).toBe(entered - left);
          if (slots.waiting > 0) expect(slots.active).toBe(size);
        }
        for (; slots.active > 0; left += 1) {
          slots.release();
          await turn();
        }
        expect([slots.waiting, entered]).toEqual([0, left]);
        expect(entered + gone).toBe(actions.filter(({ kind }) => kind === 'wait').length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('ProviderSlots', () => {
  const provider = (concurrency: number) => ({ id: 'p', name: 'acme', concurrency }) as TargetProvider;

  it('keeps the slots of a provider when it changes', () => {
    const slots = new ProviderSlots(LIMITS);
    const before = slots.of(provider(1));
    expect(before.tryTake()).toBe(true);
    const after = slots.of(provider(2));
    expect(after).toBe(before);
    expect([after.tryTake(), after.tryTake()]).toEqual([true, false]);
  });
});
