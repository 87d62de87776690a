import { describe, expect, it } from '@jest/globals';
import { KnownRequests, requestName } from './known-requests.ts';

const request = (key: string) => ({ model: 'chat', route: 'chat', revision: '1', key });

describe('known requests', () => {
  it('are told apart by who asks and by every byte', () => {
    const body = Buffer.from('{"model":"chat"}');
    const names = [
      requestName('account-1', body),
      requestName('account-2', body),
      requestName('account-1', Buffer.from('{"model": "chat"}')),
      requestName('account-1', Buffer.from('{"model":"chat"} ')),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(requestName('account-1', Buffer.from(body))).toBe(names[0]);
  });

  it('are never more than 2 000, and those that are asked for again and again stay', () => {
    const known = new KnownRequests();
    known.remember('often', request('often'));
    for (let index = 0; index < 10_000; index++) {
      known.remember(`once ${index}`, request(String(index)));
      expect(known.find('often')).toEqual(request('often'));
      expect(known.size).toBeLessThanOrEqual(2_000);
    }
    expect(known.find('once 0')).toBeUndefined();
    expect(known.find('once 9999')).toEqual(request('9999'));
  });

  it('are remembered as they were read last', () => {
    const known = new KnownRequests();
    known.remember('one', request('old'));
    known.remember('one', request('new'));
    expect([known.find('one')?.key, known.size]).toEqual(['new', 1]);
  });
});
