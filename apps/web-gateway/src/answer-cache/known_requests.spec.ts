import { describe, expect, it } from '@jest/globals';
import { KnownRequests, requestName } from './known-requests.ts';

const named = (text: string) => requestName('account-1', Buffer.from(text));
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
    expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
    expect(requestName('account-1', Buffer.from(body))).toEqual(names[0]);
  });

  it('are never more than 2 000, and those that are asked for again and again stay', () => {
    const known = new KnownRequests();
    known.remember(named('often'), request('often'));
    for (let index = 0; index < 10_000; index++) {
      known.remember(named(`once ${index}`), request(String(index)));
      expect(known.find(named('often'))).toEqual(request('often'));
      expect(known.size).toBeLessThanOrEqual(2_000);
    }
    expect(known.find(named('once 0'))).toBeUndefined();
    expect(known.find(named('once 9999'))).toEqual(request('9999'));
  });

  it('are not looked for among those of another account or length', () => {
    const known = new KnownRequests();
    const mayHave = (accountId: string, text: string) => known.mayHave(accountId, Buffer.from(text));
    expect(mayHave('account-1', 'one')).toBe(false);
    known.remember(named('one'), request('one'));
    const all = [mayHave('account-1', 'one'), mayHave('account-1', 'two'), mayHave('account-1', 'three')];
    expect([...all, mayHave('account-2', 'one')]).toEqual([true, true, false, false]);
    for (let index = 0; index < 3_000; index++) known.remember(named(`another ${index}`), request(String(index)));
    expect(mayHave('account-1', 'one')).toBe(false);
  });

  it('are remembered as they were read last', () => {
    const known = new KnownRequests();
    known.remember(named('one'), request('old'));
    known.remember(named('one'), request('new'));
    expect([known.find(named('one'))?.key, known.size]).toEqual(['new', 1]);
  });
});
