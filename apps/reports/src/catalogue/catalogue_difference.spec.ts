import { expect, it } from '@jest/globals';
import { differenceOf } from './catalogue-difference.ts';
import { DOMAIN } from './catalogue-kinds.ts';

it('a comparison of many entries leaves turns of the event loop to others', async () => {
  const entries = Array.from({ length: 2_000 }, (_, index) => ({
    ...{ id: `d${index}`, index },
    fields: { id: `d${index}`, name: `name ${index % 2}` },
  }));
  const stored = entries.map(({ id }) => ({ key: id, revision: 1, document: JSON.stringify({ id, name: 'name 0' }) }));
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  const { updated, unchanged } = await differenceOf(DOMAIN, entries, stored, []);
  clearImmediate(next);
  expect([updated.length, unchanged]).toEqual([1_000, 1_000]);
  expect(turns).toBeGreaterThanOrEqual(9);
});
