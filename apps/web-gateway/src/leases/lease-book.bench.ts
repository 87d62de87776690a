// Measures reservations from leases that cover them. Prints one line of JSON; tools/bench runs it.
import type { BudgetRef } from '../configuration/snapshot.ts';
import { systemClock } from './clock.ts';
import { LeaseBook, type LeaseAnswer, type Reservation } from './lease-book.ts';

const WARM_UP = 20_000;
const COUNT = 200_000;
/** A lease is usable for seconds after an answer: renewed so often, as the heartbeat does. */
const RENEW_EVERY = 10_000;
const BOUND = 42_000n;
const COST = 9_000n;

function answer(budgets: readonly BudgetRef[]): LeaseAnswer {
  const leases = budgets.map(({ id }) => ({
    ...{
      id: `lease-${id}`,
      budget: id,
      window: `window-${id}`,
      granted: '1000000000000000',
      remaining: '1000000000000',
    },
    ...{ endsInMs: null, tight: false, epoch: 0 },
  }));
  return { seq: 1, leases, refused: [], wait: [], configVersion: 1 };
}

function run(count: number): object {
  const budgets = Array.from({ length: count }, (_, index): BudgetRef => ({ id: `budget-${index}`, hard: true }));
  const book = new LeaseBook(systemClock, { budgetWaitMs: 2_000 });
  book.begin('session');
  const times = new Float64Array(COUNT);
  let startedAt = 0;
  for (let index = -WARM_UP; index < COUNT; index++) {
    if (index % RENEW_EVERY === 0) book.apply(answer(budgets), { needs: [], returns: [] }, performance.now());
    if (index === 0) startedAt = performance.now();
    const before = performance.now();
    const reservation = book.reserve(budgets, BOUND) as Reservation;
    if (index >= 0) times[index] = (performance.now() - before) * 1_000;
    reservation.close(COST);
  }
  const perSecond = (COUNT / (performance.now() - startedAt)) * 1_000;
  times.sort();
  const at = (share: number): number => times[Math.ceil(COUNT * share) - 1]!;
  return { budgets: count, count: COUNT, perSecond, p50Us: at(0.5), p99Us: at(0.99), maxUs: at(1) };
}

process.stdout.write(`${JSON.stringify([1, 3, 6].map(run))}\n`);
