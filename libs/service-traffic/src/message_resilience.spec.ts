import { beforeEach, describe, expect, it } from '@jest/globals';
import { getWorkEffort, lease, syncSource } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { MessageResilience } from './message-resilience.ts';

const unavailable = () => new DomainError('unavailable', 'Away for a moment.');
const late = () => new DomainError('deadline_exceeded', 'Too late.');

let resilience: MessageResilience;
let asked: number[];
beforeEach(() => {
  resilience = new MessageResilience();
  asked = [];
});

/** Asks with each error in turn, then answers. */
function ask(subject: string, errors: readonly Error[] = [], deadlineMs = 5_000): Promise<unknown> {
  let next = 0;
  return resilience.guard({ subject, deadlineMs, contractMs: 5_000, signal: undefined }, async (deadlineMs) => {
    asked.push(deadlineMs);
    const error = errors[next++];
    if (error) throw error;
    return 'answer';
  });
}

async function beLateOften(subject: string, deadlineMs?: number): Promise<void> {
  for (let count = 0; count < 20; count += 1)
    await expect(ask(subject, [late()], deadlineMs)).rejects.toThrow('Too late.');
}

describe('a request to another service', () => {
  it('that reads is asked again where the service was away for a moment, with the time that is left', async () => {
    await expect(ask(getWorkEffort.subject, [unavailable()])).resolves.toBe('answer');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBeLessThan(5_000);
  });

  it.each([
    ['may change something', syncSource.subject, unavailable()],
    ['was late', getWorkEffort.subject, late()],
    ['was refused for what it asks', getWorkEffort.subject, new DomainError('not_found', 'None such.')],
  ])('that %s is asked once', async (_which, subject, error) => {
    await expect(ask(subject, [error])).rejects.toBe(error);
    expect(asked).toHaveLength(1);
  });

  it('fails at once while its like is late all the time; others of its service are asked all the same', async () => {
    await beLateOften(getWorkEffort.subject);
    await expect(ask(getWorkEffort.subject)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
      details: { retryAfterMs: expect.any(Number) },
      cause: { name: 'BreakerOpen' },
    });
    await expect(ask(syncSource.subject)).resolves.toBe('answer');
    expect(resilience.statistics()).toMatchObject([
      { name: `messages/${getWorkEffort.subject}`, breaker: { state: 'open', refused: 1 } },
      { name: `messages/${syncSource.subject}`, calls: 1 },
    ]);
  });

  it('is asked all the same where those before it had hardly any time', async () => {
    await beLateOften(getWorkEffort.subject, 1);
    await expect(ask(getWorkEffort.subject)).resolves.toBe('answer');
    expect(resilience.statistics()).toMatchObject([{ breaker: { window: { calls: 1, failures: 0 } } }]);
  });

  it('about money is never held up', async () => {
    await beLateOften('budget.accounts.list');
    await expect(ask(lease.subject)).resolves.toBe('answer');
    await expect(ask(lease.subject, [unavailable()])).rejects.toThrow('Away');
  });

  it('whose caller went away ends as cancelled', async () => {
    const caller = new AbortController();
    const gone = resilience
      .guard(
        { subject: syncSource.subject, deadlineMs: 5_000, contractMs: 5_000, signal: caller.signal },
        () => new Promise(() => undefined),
      )
      .catch((error: unknown) => error);
    caller.abort(new Error('gone'));
    await expect(gone).resolves.toMatchObject({ code: 'cancelled' });
  });
});
