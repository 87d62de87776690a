import { expect, it } from '@jest/globals';
import { SimulatedTime } from '../testing/simulated-time.ts';
import { dependency } from './dependency.ts';

const CALLS_A_SECOND = 1_000;
const MINUTE_MS = 60_000;
const MAX_OPEN_MS = 5_000;
const PROBES = 2;

/** All that happens in simulated time: nothing here depends on how fast the machine is. */
it('holds through a minute in which everything fails, at 1 000 calls a second, and is back within the interval of the breaker', async () => {
  const time = new SimulatedTime();
  let well = true;
  let asked = 0;
  const shop = dependency({
    ...{ name: 'shop', deadlineMs: 2_000, attemptTimeoutMs: 1_000, clock: time, random: () => 0.5 },
    retry: { attempts: 3, baseMs: 20, budget: { ratio: 0.1, minPerSecond: 1 } },
    breaker: { openMs: 500, maxOpenMs: MAX_OPEN_MS, jitter: 0, probes: PROBES, slowCallMs: 500 },
  });
  const openings: number[] = [];
  shop.breaker!.onChange((to) => {
    if (to.kind === 'open') openings.push(time.now());
  });
  const work = async () => {
    asked += 1;
    await time.sleep(5);
    if (!well) throw new Error('down');
  };
  const traffic = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      for (let call = 0; call < CALLS_A_SECOND / 100; call += 1) shop.run(work).catch(() => undefined);
      await time.advance(10);
    }
  };

  await traffic(10_000);
  expect(shop.statistics()).toMatchObject({ calls: 10_000, successes: 10_000, retries: 0, attempts: 10_000 });

  well = false;
  const [callsBefore, askedBefore] = [shop.statistics().calls, asked];
  await traffic(MINUTE_MS);
  const down = shop.statistics();
  const calls = down.calls - callsBefore;
  expect(calls).toBe((CALLS_A_SECOND * MINUTE_MS) / 1_000);
  expect(down.retries).toBeLessThanOrEqual(0.1 * calls);
  // Until half of the calls in the window had failed, it could not know; from then on, a few probes each time.
  const untilOpen = openings[0]! - 11_000;
  expect(untilOpen).toBeLessThanOrEqual(11_000);
  const asIfAlone = ((untilOpen + 10) / 1_000) * CALLS_A_SECOND;
  const budget = 0.1 * (asIfAlone + 11_000) + 10;
  expect(asked - askedBefore).toBeLessThanOrEqual(asIfAlone + budget + openings.length * PROBES);
  expect(openings.length).toBeLessThanOrEqual(5 + MINUTE_MS / MAX_OPEN_MS);

  well = true;
  const wellAt = time.now();
  while (shop.breaker!.state.kind !== 'closed') await traffic(10);
  expect(time.now() - wellAt).toBeLessThanOrEqual(MAX_OPEN_MS + 20);
  const { successes } = shop.statistics();
  await traffic(1_000);
  expect(shop.statistics().successes - successes).toBeGreaterThanOrEqual(CALLS_A_SECOND - 10);
});

it('retries no more than the budget where there is no breaker', async () => {
  const time = new SimulatedTime();
  const shop = dependency({ name: 'shop', clock: time, retry: { baseMs: 20, budget: { minPerSecond: 0 } } });
  for (let passed = 0; passed < MINUTE_MS; passed += 100) {
    for (let call = 0; call < CALLS_A_SECOND / 10; call += 1) {
      shop.run(() => Promise.reject(new Error('down'))).catch(() => undefined);
    }
    await time.advance(100);
  }
  const { calls, retries, retriesRefused } = shop.statistics();
  expect(calls).toBe(60_000);
  expect(retries).toBeLessThanOrEqual(0.1 * calls);
  expect(retries).toBeGreaterThan(0.09 * calls);
  expect(retriesRefused).toBeGreaterThan(0);
});
