import { describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { rateLimitHeaders } from './headers.ts';
import { rateLimit, slotLimit } from './limit.ts';

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

  it('has nothing to say of no limits', () => {
    expect(rateLimitHeaders([])).toEqual([]);
  });
});
