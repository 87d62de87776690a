import { beforeEach, describe, expect, it } from '@jest/globals';
import { lease, validate } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { MAX_USD_NANOS } from '@purser/money';
import fc from 'fast-check';
import type { Clock } from './clock.ts';
import { LeaseBook, type LeaseAnswer, type MessageBody, type Reservation } from './lease-book.ts';

const BUDGET = '00000000-0000-7000-8000-00000000000a';
let now: number;
let book: LeaseBook;
const clock: Clock = { now: () => now, after: () => () => undefined, defer: (fn) => fn() };
const hard = (...ids: string[]) => ids.map((id) => ({ id, hard: true }));

beforeEach(() => {
  now = 1_000;
  book = new LeaseBook(clock, { budgetWaitMs: 2_000 });
  book.begin('session');
});

describe('a lease book', () => {
  it('reserves at once from a lease that covers the bound', () => {
    grant('org', 100n);
    const reservation = book.reserve(hard('org'), 60n) as Reservation;
    expect(reservation).toMatchObject({ leases: ['lease-org'], session: 'session' });
    expect(book.reserve(hard('org'), 60n)).toBeInstanceOf(Promise);
    reservation.close(10n);
    expect(book.reserve(hard('org'), 60n)).not.toBeInstanceOf(Promise);
  });

  it('takes from all budgets or from none', () => {
    grant('org', 100n);
    grant('team', 10n);
    expect(book.reserve(hard('org', 'team'), 50n)).toBeInstanceOf(Promise);
    expect(book.reserve(hard('org'), 100n)).not.toBeInstanceOf(Promise);
  });

  it('needs no lease where no budget applies', () => {
    expect(book.reserve([], 10n ** 15n)).toMatchObject({ leases: [] });
  });

  it('asks for what is lacking and gives the money to the request that asked', async () => {
    const waiting = book.reserve(hard('org'), 70n) as Promise<Reservation>;
    const message = book.nextMessage() as MessageBody;
    expect(message.needs).toMatchObject([{ amount: '70', budgets: ['org'], waitedMs: 0, maxWaitMs: 2_000 }]);
    answer(message, { leases: [leaseState('org', 70n)] });
    expect((await waiting).leases).toEqual(['lease-org']);
    expect(book.totals()).toMatchObject({ free: 0n, inFlight: 70n, waiting: 0 });
  });

  it('refuses with the budget, what is left of it and when it ends', async () => {
    const waiting = book.reserve(hard('org'), 70n) as Promise<Reservation>;
    const message = book.nextMessage() as MessageBody;
    const id = (message.needs[0] as { id: string }).id;
    answer(message, { refused: [{ id, budget: 'org', remaining: '1500', endsAt: '2026-02-01T00:00:00.000Z' }] });
    await expect(waiting).rejects.toMatchObject({
      code: 'budget_exceeded',
      details: { budget_id: 'org', remaining_usd: '0.0000015', resets_at: '2026-02-01T00:00:00.000Z' },
    });
  });

  it('asks again for a need that has to wait, telling how long it has waited', async () => {
    const waiting = book.reserve(hard('org'), 70n) as Promise<Reservation>;
    const first = book.nextMessage() as MessageBody;
    answer(first, { wait: [(first.needs[0] as { id: string }).id] });
    expect(book.nextMessage()).toBeUndefined();
    now += 25;
    const second = book.nextMessage() as MessageBody;
    expect(second.needs).toMatchObject([{ amount: '70', waitedMs: 25 }]);
    answer(second, { leases: [leaseState('org', 70n)] });
    await waiting;
  });

  it('does not use leases when the budget service was not heard of for 4.5 s', () => {
    grant('org', 100n);
    now += 4_499;
    expect(book.reserve(hard('org'), 1n)).not.toBeInstanceOf(Promise);
    now += 2;
    expect(book.reserve(hard('org'), 1n)).toBeInstanceOf(Promise);
  });

  it('does not reserve from a window that has ended', () => {
    grant('org', 100n, { endsInMs: 50 });
    now += 51;
    expect(book.reserve(hard('org'), 1n)).toBeInstanceOf(Promise);
  });

  it('asks for more before a lease is empty, once, and while nobody has to wait for it', () => {
    grant('org', 100n, { remaining: '1000' });
    const first = book.reserve(hard('org'), 30n) as Reservation;
    expect(book.nextMessage()).toBeUndefined();
    expect(book.reserve(hard('org'), 30n)).not.toBeInstanceOf(Promise);
    expect(book.reserve(hard('org'), 10n)).not.toBeInstanceOf(Promise);
    const message = book.nextMessage() as MessageBody;
    expect(message.needs).toEqual([expect.objectContaining({ amount: '0', budgets: ['org'], extra: ['40'] })]);
    expect(book.nextMessage()).toBeUndefined();
    answer(message, { leases: [leaseState('org', 140n, { remaining: '960' })] });
    expect(book.totals()).toMatchObject({ free: 70n, waiting: 0 });
    first.close(0n);
  });

  it('asks for nothing in advance while the window is tight or has nothing left', () => {
    grant('org', 100n, { remaining: '1000', tight: true });
    grant('team', 100n, { remaining: '0' });
    book.nextMessage();
    expect(book.reserve(hard('team'), 90n)).not.toBeInstanceOf(Promise);
    expect(book.nextMessage()?.needs ?? []).toEqual([]);
  });

  it('fails a need that nobody answers, as unavailable and never as exceeded', async () => {
    const waiting = book.reserve(hard('org'), 70n) as Promise<Reservation>;
    now += 7_100;
    book.sweep();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('returns what was not used for 2 s, and all of a window that ended', () => {
    grant('org', 100n);
    book.sweep();
    expect(book.nextMessage()).toBeUndefined();
    now += 2_000;
    book.sweep();
    expect(book.nextMessage()?.returns).toEqual([{ lease: 'lease-org', returned: '100', epoch: 0 }]);
  });

  it('returns what is free when its money is recalled, and after each request from then on', () => {
    grant('org', 100n);
    const reservation = book.reserve(hard('org'), 30n) as Reservation;
    book.recall('window-org', 1);
    expect(book.nextMessage()?.returns).toEqual([{ lease: 'lease-org', returned: '70', epoch: 1 }]);
    reservation.close(10n);
    expect(book.nextMessage()?.returns).toEqual([{ lease: 'lease-org', returned: '90', epoch: 1 }]);
  });

  it('stays tight when an answer from before the recall comes after it', () => {
    grant('org', 100n);
    book.recall('window-org', 1);
    book.nextMessage();
    grant('org', 200n);
    expect(book.nextMessage()?.returns).toEqual([{ lease: 'lease-org', returned: '200', epoch: 1 }]);
  });

  it('lets go of a request whose client went away', async () => {
    const client = new AbortController();
    const waiting = book.reserve(hard('org'), 70n, client.signal) as Promise<Reservation>;
    client.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    expect(book.totals().waiting).toBe(0);
  });

  it('uses nothing of an earlier session, and does not mix its requests with the new one', () => {
    grant('org', 100n);
    const old = book.reserve(hard('org'), 30n) as Reservation;
    book.begin('next');
    expect(book.reserve(hard('org'), 30n)).toBeInstanceOf(Promise);
    old.close(5n);
    expect(book.nextMessage()?.returns).toEqual([]);
  });

  it('never asks for more than a message can say, however absurd the bounds', () => {
    for (let i = 0; i < 200; i += 1) {
      const waiting = book.reserve([{ id: BUDGET, hard: false }], MAX_USD_NANOS);
      (waiting as Promise<Reservation>).catch(() => undefined);
    }
    const body = book.nextMessage() as MessageBody;
    expect(body.needs).toHaveLength(200);
    expect(() => validate(lease.request, { session: BUDGET, seq: 1, configVersion: 1, ...body })).not.toThrow();
    expect(body.needs.filter(({ extra }) => extra[0] !== '0')).toHaveLength(1);
  });

  it('fails only those who asked when the budget service can make nothing of their message', async () => {
    const asked = book.reserve(hard('org'), 70n) as Promise<Reservation>;
    book.nextMessage();
    const later = book.reserve(hard('org'), 10n) as Promise<Reservation>;
    book.refuse(new DomainError('invalid_request', 'nonsense'));
    await expect(asked).rejects.toMatchObject({ code: 'invalid_request' });
    const message = book.nextMessage() as MessageBody;
    expect(message.needs).toMatchObject([{ amount: '10' }]);
    answer(message, { leases: [leaseState('org', 10n)] });
    await later;
  });

  it('bounds how many may wait', async () => {
    const small = new LeaseBook(clock, { budgetWaitMs: 0, mostWaiting: 2 });
    small.begin('session');
    void small.reserve(hard('org'), 1n);
    void small.reserve(hard('org'), 1n);
    await expect(small.reserve(hard('org'), 1n)).rejects.toMatchObject({ code: 'rate_limit_exceeded' });
  });

  it('never has more in flight and spent than was granted and not returned', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('grant' as const), amount: fc.bigInt(1n, 1_000n) }),
        fc.record({ do: fc.constant('reserve' as const), amount: fc.bigInt(1n, 300n) }),
        fc.record({ do: fc.constant('close' as const), amount: fc.bigInt(0n, 500n) }),
        fc.record({ do: fc.constant('return' as const), amount: fc.constant(0n) }),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        book = new LeaseBook(clock, { budgetWaitMs: 0 });
        book.begin('session');
        const open: { reservation: Reservation; bound: bigint }[] = [];
        let granted = 0n;
        let returned = 0n;
        let used = 0n;
        for (const step of list) {
          if (step.do === 'grant') grant('org', (granted += step.amount));
          else if (step.do === 'reserve' && granted > 0n) {
            const client = new AbortController();
            const reservation = book.reserve(hard('org'), step.amount, client.signal);
            if (reservation instanceof Promise) {
              reservation.catch(() => undefined);
              client.abort();
              continue;
            }
            open.push({ reservation, bound: step.amount });
            used += step.amount;
          } else if (step.do === 'close') {
            const closing = open.pop();
            if (!closing) continue;
            closing.reservation.close(step.amount);
            if (step.amount < closing.bound) used -= closing.bound - step.amount;
          } else {
            book.returnAll();
            for (const given of book.nextMessage()?.returns ?? []) returned = BigInt(given.returned);
          }
          expect(used + returned).toBeLessThanOrEqual(granted);
          expect(book.totals().free).toBe(granted - returned - used);
        }
      }),
    );
  });
});

function leaseState(budget: string, granted: bigint, more: Partial<LeaseAnswer['leases'][number]> = {}) {
  const fields = { budget, granted: String(granted), remaining: '0', endsInMs: null, tight: false, epoch: 0 };
  return { id: `lease-${budget}`, window: `window-${budget}`, ...fields, ...more };
}

function answer(message: MessageBody, parts: Partial<LeaseAnswer>): void {
  book.apply({ seq: 1, leases: [], refused: [], wait: [], configVersion: 1, ...parts }, message, now);
}

function grant(budget: string, granted: bigint, more: Partial<LeaseAnswer['leases'][number]> = {}): void {
  answer({ needs: [], returns: [] }, { leases: [leaseState(budget, granted, more)] });
}
