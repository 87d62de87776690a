import { describe, expect, it } from '@jest/globals';
import { defineEvent } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { z } from 'zod';
import type { Binding } from './decorators.ts';
import { MessageWork } from './message-work.ts';

const contract = defineEvent('budget.a.done', z.unknown());
const binding: Binding = { type: 'event', contract, consumer: 'reports', maxInFlight: 1 };
const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };
const event = (deliveries: number) => ({ id: 'e1', subject: contract.subject, body: '1', headers: {}, deliveries });

function failing(error: Error, deliveries: number) {
  const handler = () => Promise.reject(error);
  return new MessageWork(silent, 1_000).event(handler, binding, event(deliveries));
}

describe('an event whose handler fails', () => {
  it.each([
    ['with what no retry helps', new TypeError('bug'), 999],
    ['with what a retry may help, however often', new DomainError('unavailable', 'away'), 100_000],
    ['with a conflict', new DomainError('conflict', 'later perhaps'), 1],
  ])('%s, comes again', async (_, error, deliveries) => {
    await expect(failing(error, deliveries)).rejects.toBeInstanceOf(DomainError);
  });

  it.each([
    ['because of what it says, at once', new DomainError('invalid_request', 'n: is negative'), 1, 'n: is negative'],
    ['for the thousandth time', new TypeError('bug'), 1_000, 'An internal error occurred.'],
  ])('%s, is set aside', async (_, error, deliveries, reason) => {
    await expect(failing(error, deliveries)).resolves.toEqual({ kind: 'poison', reason });
  });
});
