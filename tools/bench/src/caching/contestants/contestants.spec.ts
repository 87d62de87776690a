import { describe, expect, it } from '@jest/globals';
import { valueOf } from '../values.ts';
import { contestants } from './index.ts';

const tags = ['owner'];
const knowTags = ['purser', 'bentocache', 'cacheable'] as const;

describe.each(Object.entries(contestants))('%s', (_name, { load }) => {
  it('loads once what is read twice, and has it then', async () => {
    const cache = await (await load())({ place: { kind: 'memory' }, room: 10 });
    try {
      let loads = 0;
      const make = (key: string): object => {
        loads++;
        return valueOf('small', key);
      };
      await cache.read('account:1', make, []);
      expect(await cache.read('account:1', make, [])).toEqual(valueOf('small', 'account:1'));
      expect(loads).toBe(1);
      expect(await cache.get('account:1')).toEqual(valueOf('small', 'account:1'));
      expect(await cache.get('account:2')).toBeUndefined();
    } finally {
      await cache.close();
    }
  });
});

describe.each(knowTags)('%s with tags', (name) => {
  it('forgets what has a tag that is invalidated', async () => {
    const cache = await (await contestants[name].load())({ place: { kind: 'memory' }, room: 10, tagged: true });
    try {
      await cache.read('account:1', (key) => valueOf('small', key), tags);
      expect(await cache.get('account:1')).toBeDefined();
      await cache.invalidateTag!('owner');
      expect(await cache.get('account:1')).toBeUndefined();
    } finally {
      await cache.close();
    }
  });
});
