import { expect, it } from '@jest/globals';
import { progressOf } from './progress.ts';

it.each([
  [0, 0, 0],
  [0, 3, 0],
  [1, 3, 33],
  [2, 3, 67],
  [1, 8, 13],
  [1, 200, 1],
  [199, 200, 100],
  [4, 4, 100],
])('%i of %i tickets are %i %', (completed, all, expected) => {
  const tickets = Array.from({ length: all }, (_, n) => ({ status: n < completed ? 'completed' : 'blocked' }) as const);
  expect(progressOf(tickets)).toBe(expected);
});

it('counts tickets that could not be read as not completed', () => {
  expect(progressOf([{ status: 'completed' }, { status: 'completed' }], 6)).toBe(25);
  expect(progressOf([], 1)).toBe(0);
});
