import { describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { rateLimitHeaders } from './headers.ts';
import { rateLimit, shareOf, slotLimit } from './limit.ts';
import { UpstreamQuotas } from './quota/index.ts';

const requests = rateLimit('requests', { amount: 60, perMs: 60_000 });
const slots = slotLimit('concurrency', { slots: 10 });

describe('rateLimitHeaders', () => {
  it('says what holds, what is left, and until when no more is', () => {
    const clock = new VirtualClock();
    const store = new MemoryStore({ clock });
    const { standings } = store.take([
      { limit: requests, subject: 'key', cost: 30 },
      { limit: slots, subject: 'key' },
    ]);
    expect(rateLimitHeaders(standings)).toEqual([
      ['RateLimit-Policy', '"requests";q=60;w=60, "concurrency";q=10;qu="concurrent-requests"'],
      ['RateLimit', '"requests";r=30;t=1, "concurrency";r=9'],
      ['X-RateLimit-Limit', '60'],
      ['X-RateLimit-Remaining', '30'],
      ['X-RateLimit-Reset', '30'],
    ]);
  });

  it('never has a client try again before the window ends in which it can have no more', () => {
    const hourly = rateLimit('hourly', { amount: 4, perMs: 3_600_000 });
    const store = new MemoryStore({ clock: new VirtualClock() });
    store.take([{ limit: hourly, subject: 'key', cost: 4 }]);
    const decision = store.take([{ limit: hourly, subject: 'key' }]);
    const headers = new Map(rateLimitHeaders(decision.standings, decision.allowed ? undefined : decision.retryAfterMs));
    expect(headers.get('RateLimit')).toBe('"hourly";r=0;t=900');
    expect(headers.get('Retry-After')).toBe('900');
  });

  it('shows of several limits of one name the one of which least is left, and no debt', () => {
    const wide = rateLimit('requests', { amount: 600, perMs: 60_000 });
    const standings = [
      { limit: requests, subject: 'key', remaining: 50, resetMs: 10_000 },
      { limit: wide, subject: 'account', remaining: -5, resetMs: 60_500 },
    ];
    const headers = new Map(rateLimitHeaders(standings));
    expect(headers.get('RateLimit-Policy')).toBe('"requests";q=600;w=60');
    expect(headers.get('RateLimit')).toBe('"requests";r=0;t=1');
    expect(headers.get('X-RateLimit-Remaining')).toBe('0');
  });

  it('states rates of less than a second by the second', () => {
    const limit = rateLimit('fast', { amount: 5, perMs: 250, capacity: 5 });
    const headers = new Map(rateLimitHeaders([{ limit, subject: 'key', remaining: 5, resetMs: 0 }], 0));
    expect(headers.get('RateLimit-Policy')).toBe('"fast";q=20;w=1');
    expect(headers.get('Retry-After')).toBe('1');
  });

  it('says what is counted where it is not requests, so that nobody learns tokens as these', () => {
    const limit = rateLimit('tokens', { amount: 2_000_000_000, perMs: 60_000, unit: 'tokens' });
    const told = rateLimitHeaders([{ limit, subject: 'key', remaining: 7, resetMs: 120_000 }]);
    expect(told[0]).toEqual(['RateLimit-Policy', '"tokens";q=2000000000;qu="tokens";w=60']);
    const quotas = new UpstreamQuotas();
    const headers = Object.fromEntries(told.slice(0, 2).map(([name, value]) => [name.toLowerCase(), value]));
    quotas.observe('upstream', { status: 200, headers, now: 0 });
    expect(quotas.quotasOf('upstream', 0)).toMatchObject([{ dimension: 'tokens', limit: 2_000_000_000, remaining: 7 }]);
  });

  it('says of a share of less than one how long one takes', () => {
    const limit = shareOf(rateLimit('few', { amount: 3, perMs: 60_000 }), 1 / 4);
    const headers = new Map(rateLimitHeaders([{ limit, subject: 'key', remaining: 1, resetMs: 0 }]));
    expect(headers.get('RateLimit-Policy')).toBe('"few";q=1;w=80');
  });

  it('never has more left than there is', () => {
    const limit = rateLimit('tokens', { amount: 2_000_000, perMs: 60_000 });
    const { standings } = new MemoryStore({ clock: new VirtualClock() }).take([{ limit, subject: 'key', cost: 1e-9 }]);
    expect(standings[0]!.remaining).toBeLessThanOrEqual(2_000_000);
    const headers = new Map(rateLimitHeaders([{ ...standings[0]!, remaining: 2_000_001 }]));
    expect(headers.get('X-RateLimit-Remaining')).toBe('2000000');
    expect(headers.get('RateLimit')).toMatch(/^"tokens";r=2000000;/);
  });

  it('has no number that a structured field may not have', () => {
    const limit = rateLimit('huge', { amount: 1e12, perMs: 1e-9 });
    const headers = new Map(rateLimitHeaders([{ limit, subject: 'key', remaining: 1e12, resetMs: 1e30 }], 1e30));
    expect(headers.get('RateLimit-Policy')).toBe('"huge";q=999999999999999;w=1');
    expect(headers.get('RateLimit')).toBe('"huge";r=1000000000000;t=999999999999999');
    expect(headers.get('Retry-After')).toBe('999999999999999');
  });

  it('has nothing to say of no limits', () => {
    expect(rateLimitHeaders([])).toEqual([]);
  });
});
