import { afterAll, describe, expect, it } from '@jest/globals';
import { rateLimit, shareOf, slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';

const limit = rateLimit('requests', { amount: 10, perMs: 3_600_000 });
const slots = slotLimit('slots', { slots: 1 });
const limiter = new Limiter();
afterAll(() => limiter.close());

describe('bad input is refused by the name of the field, and changes nothing', () => {
  it.each([
    [[{ limit, subject: '' }], 'demands[0].subject must be a text of 1 to 256 characters'],
    [[{ limit, subject: 'x'.repeat(257) }], 'demands[0].subject'],
    [[{ limit, subject: 7 }], 'demands[0].subject'],
    [
      [
        { limit, subject: 'a' },
        { limit, subject: 'b', cost: -1 },
      ],
      'demands[1].cost must be a number of at least 0',
    ],
    [[{ limit, subject: 'a', cost: NaN }], 'demands[0].cost'],
    [[{ limit, subject: 'a', cost: Infinity }], 'demands[0].cost'],
    [[{ limit, subject: 'a', cost: 1e12 + 1 }], 'demands[0].cost must be a number of at least 0 and at most 1e12'],
    [[{ limit, subject: 'a', cost: '1' }], 'demands[0].cost'],
    [[{ limit: slots, subject: 'a', cost: 2 }], 'demands[0].cost must be 1'],
    [[{ limit: { name: 'x' }, subject: 'a' }], 'demands[0].limit must be made by'],
    [[{ limit: { ...limit, capacity: 0 }, subject: 'a' }], 'demands[0].limit must be made by'],
    [[{ limit: { ...limit, perMs: NaN }, subject: 'a' }], 'demands[0].limit must be made by'],
    [[{ limit: { ...slots, slots: 1e9 }, subject: 'a' }], 'demands[0].limit must be made by'],
    [[{ limit: null, subject: 'a' }], 'demands[0].limit must be made by'],
    [
      [
        { limit, subject: 'a' },
        { limit, subject: 'a' },
      ],
      'demands[1] asks requests of "a" again',
    ],
    ['all', 'demands must be a list'],
  ])('%j', (demands, message) => {
    expect(() => limiter.take(demands as never)).toThrow(TypeError);
    expect(() => limiter.take(demands as never)).toThrow(message);
    expect(limiter.look([{ limit, subject: 'a' }])).toMatchObject([{ remaining: 10 }]);
  });

  it.each([
    [{ client: '' }, 'client must be a text'],
    [{ client: 'a', weight: 0 }, 'weight must be a number above 0'],
    [{ client: 'a', weight: Infinity }, 'weight must be a number above 0'],
    [{ client: 'a', waitMs: -1 }, 'waitMs must be a number of milliseconds'],
    [{ client: 'a', mostWaiting: 0 }, 'mostWaiting must be a whole number'],
  ])('%j', (options, message) => {
    expect(() => limiter.acquire([{ limit: slots, subject: 'a' }], options)).toThrow(message);
    expect(limiter.look([{ limit: slots, subject: 'a' }])).toMatchObject([{ remaining: 1 }]);
  });

  it.each([
    [() => new Limiter({ queue: { mostWaiting: 1.5 } }), 'queue.mostWaiting'],
    [() => new Limiter({ queue: { waitMs: NaN } }), 'queue.waitMs'],
    [() => new Limiter({ mostClients: 0 }), 'mostClients'],
    [() => rateLimit('Requests', { amount: 1, perMs: 1 }), 'name must be 1 to 64'],
    [() => rateLimit('requests', { amount: 0, perMs: 1 }), 'amount must be a whole number'],
    [() => rateLimit('requests', { amount: 1.5, perMs: 1 }), 'amount must be a whole number'],
    [() => rateLimit('requests', { amount: 1, perMs: Infinity }), 'perMs must be a number above 0'],
    [() => rateLimit('requests', { amount: 1, perMs: 1, unit: 'a "unit"' }), 'unit must be 1 to 64'],
    [() => rateLimit('requests', { amount: 1, perMs: 1, capacity: -1 }), 'capacity must be a whole number'],
    [() => slotLimit('slots', { slots: Infinity }), 'slots must be a whole number'],
    [() => slotLimit('slots', { slots: 1, leaseMs: 0 }), 'leaseMs must be a number above 0'],
  ])('%s', (make, message) => {
    expect(make).toThrow(message);
  });

  it('of a correction', () => {
    const byHand = { ...limit, capacity: NaN };
    expect(() => limiter.correct([{ limit: byHand, subject: 'a', by: 1 }])).toThrow(
      'corrections[0].limit must be made',
    );
  });

  it('which shares of limits are not', () => {
    const half = [{ limit: shareOf(limit, 0.5), subject: 'half' }];
    expect(limiter.take([...half, { limit: shareOf(slots, 0.5), subject: 'half' }])).toMatchObject({ allowed: true });
    expect(limiter.look(half)).toMatchObject([{ remaining: 4 }]);
  });

  it('of a settlement', () => {
    const grant = limiter.take([{ limit, subject: 'settled' }]);
    if (!('settle' in grant)) throw new Error('refused');
    expect(() => grant.settle('requests', -1)).toThrow('cost must be a number of at least 0');
    expect(() => grant.settle('requests', 1e308)).toThrow('cost must be a number of at least 0 and at most 1e12');
    expect(() => limiter.correct([{ limit, subject: 'settled', by: -1e13 }])).toThrow('corrections[0].by');
    expect(() => grant.settle('tokens', 1)).toThrow('limitName must be that of a rate that was asked for');
    expect(limiter.look([{ limit, subject: 'settled' }])).toMatchObject([{ remaining: 9 }]);
  });
});
