import { expect, it } from '@jest/globals';
import { defineEvent } from '@purser/contracts';
import { z } from 'zod';
import { eventBody, newEvent } from '../index.ts';

const done = defineEvent('budget.a.done', z.unknown());

it('gives each event an id of its own, in the order of time', () => {
  const [first, second] = [newEvent(done, 1), newEvent(done, 2)];
  expect(first.id < second.id).toBe(true);
  expect(newEvent(done, 1, 'given').id).toBe('given');
});

it('refuses what no transport would carry', () => {
  expect(() => newEvent(done, 'x'.repeat(1_046_527))).toThrow(expect.objectContaining({ code: 'message_too_large' }));
  expect(() => newEvent(done, 1n)).toThrow(expect.objectContaining({ code: 'internal' }));
  expect(() => eventBody(done, 'x'.repeat(1_046_527))).toThrow(expect.objectContaining({ code: 'message_too_large' }));
  expect(eventBody(done, { text: 'x' })).toBe('{"text":"x"}');
});
