import { expect, it } from '@jest/globals';
import { MemoryStore } from '../stores/memory/index.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { slotLimit } from './limit.ts';
import { Limiter } from './limiter.ts';

const SLOTS = 10;
const SERVICE_MS = 100;
/** What a tenth of the slots serves. */
const SHARE_EVERY_MS = (SERVICE_MS * 10) / SLOTS;
const MODEST_EVERY_MS = SHARE_EVERY_MS * 1.25;
const GREEDY_EVERY_MS = SHARE_EVERY_MS / 100;
const SIMULATED_MS = 20_000;

/** An LCG's: the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

it('keeps nine modest clients served beside one that sends 100 times its share', async () => {
  const clock = new VirtualClock();
  const limiter = new Limiter({ store: new MemoryStore({ clock }), clock });
  const demands = [{ limit: slotLimit('provider', { slots: SLOTS }), subject: 'provider' }];
  const random = numbers(7);
  const modest = Array.from({ length: 9 }, (_, index) => ({
    client: `modest-${index}`,
    sent: 0,
    waits: [] as number[],
  }));
  const greedy = { client: 'greedy', sent: 0, waits: [] as number[] };

  const send = async (by: typeof greedy) => {
    by.sent += 1;
    try {
      const grant = await limiter.acquire(demands, { client: by.client });
      by.waits.push(grant.waitedMs);
      clock.after(SERVICE_MS, () => void grant.release());
    } catch {
      // Refused: only the greedy one may be, and the counts below show it.
    }
  };
  /** One call in each period, at any time in it: never more than two at once. */
  const sendEach = (by: typeof greedy, periodMs: number) => {
    for (let from = 0; from < SIMULATED_MS; from += periodMs) {
      clock.after(from + random() * periodMs, () => void send(by));
    }
  };
  for (const each of modest) sendEach(each, MODEST_EVERY_MS);
  sendEach(greedy, GREEDY_EVERY_MS);
  await clock.advance(SIMULATED_MS + 10 * SERVICE_MS);

  // Jain, Chiu, Hawe, "A Quantitative Measure of Fairness", 1984.
  const service = modest.map(({ sent, waits }) => waits.length / sent);
  const sum = service.reduce((all, one) => all + one, 0);
  const jain = sum ** 2 / (service.length * service.reduce((all, one) => all + one ** 2, 0));
  expect(jain).toBeGreaterThanOrEqual(0.99);
  expect(service).toEqual(service.map(() => 1));

  // A flow of bursts of 2, served at its share after at most one call that can't be interrupted (Cruz, "A Calculus for
  // Network Delay", 1991).
  const boundMs = SERVICE_MS + 2 * SHARE_EVERY_MS;
  for (const { waits } of modest) {
    const sorted = [...waits].sort((one, other) => one - other);
    expect(sorted[Math.ceil(sorted.length * 0.99) - 1]).toBeLessThanOrEqual(boundMs);
  }
  // What the modest ones leave, the greedy one has.
  const served = [...modest, greedy].reduce((all, { waits }) => all + waits.length, 0);
  expect(served).toBeGreaterThan((SIMULATED_MS / SERVICE_MS) * SLOTS * 0.99);
  await limiter.close();
}, 60_000);
