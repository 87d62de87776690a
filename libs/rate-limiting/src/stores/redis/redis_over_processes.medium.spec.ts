import { afterEach, describe, expect, it } from '@jest/globals';
import { findProgram, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { randomUUID } from 'node:crypto';
import { slotLimit } from '../../core/limit.ts';
import { LimiterProcess } from './testing/limiter-processes.ts';
import { OpenedStores } from './testing/opened-stores.ts';
import { SlotSteps } from './testing/slot-steps.ts';
import { jainsIndex, mostAtOnce, worstExcess, wrongRefusals } from './testing/windows.ts';

// A busy machine needs ten times what a quiet one does, and is no failure.
const soon = { timeoutMs: 120_000 };
const testTimeoutMs = 300_000;
// So little that a busy machine asks for far more, too.
const rate = { amount: 250, perMs: 1_000, capacity: 100 };
const perMs = rate.amount / rate.perMs;
const callers = 16;
const describeOwn = findProgram('redis-server') ? describe : describe.skip;

describeOwn('four processes on one Redis', () => {
  const stores = new OpenedStores();
  let opened: (() => unknown)[] = [];
  let prefix: string;
  afterEach(async () => {
    for (const close of opened.reverse()) await close();
    opened = [];
    await stores.close();
  });

  async function start({ isTimeless = false } = {}): Promise<readonly [OwnServer, readonly LimiterProcess[]]> {
    prefix = `{${randomUUID()}}:`;
    const server = await startOwnRedis();
    opened.push(server.remove);
    const options = { url: server.url, prefix, share: 0.25, isTimeless };
    const processes = await Promise.all(Array.from({ length: 4 }, () => LimiterProcess.start(options)));
    for (const one of processes) opened.push(() => one.kill());
    return [server, processes];
  }
  const reports = (processes: readonly LimiterProcess[]) => Promise.all(processes.map((one) => one.ask('report')));
  /** Until each has decided so much more. */
  const decides = async (processes: readonly LimiterProcess[], more: number): Promise<void> => {
    const before = await reports(processes);
    const done = async (): Promise<boolean> =>
      (await reports(processes)).every(({ decided }, index) => decided >= before[index]!.decided + more);
    await waitUntil(done, { ...soon, what: `each process has decided ${more} more` });
  };
  const end = (processes: readonly LimiterProcess[]) => Promise.all(processes.map((one) => one.ask('end')));
  const errorsOf = async (processes: readonly LimiterProcess[]) =>
    (await reports(processes)).flatMap(({ errors }) => errors);

  it(
    'give at most the limit in any window, and all of it',
    async () => {
      const [, processes] = await start();
      const hammering = Promise.all(processes.map((one) => one.ask('hammer', { ...rate, callers })));
      const enough = async (): Promise<boolean> => {
        const counts = await reports(processes);
        const refused = counts.reduce((all, one) => all + one.refused, 0);
        return refused > 500 && counts.reduce((all, one) => all + one.decided, 0) - refused > 700;
      };
      await waitUntil(enough, { ...soon, what: '700 are granted and 500 refused' });
      await end(processes);
      const hammered = await hammering;
      const grants = hammered.flatMap((one) => one.grants);
      const refusals = hammered.flatMap((one) => one.refusals);
      expect(await errorsOf(processes)).toEqual([]);
      expect(grants.filter(({ isLocal }) => isLocal)).toEqual([]);
      expect(worstExcess(grants, rate.capacity, perMs)).toBeLessThanOrEqual(0.01);
      expect(wrongRefusals(refusals, grants, rate.capacity, perMs)).toEqual([]);
    },
    testTimeoutMs,
  );

  it(
    'hold their shares while it is killed in the middle, and no caller sees an error',
    async () => {
      const [server, processes] = await start();
      const hammering = Promise.all(processes.map((one) => one.ask('hammer', { ...rate, callers })));
      await decides(processes, 200);
      await server.stop();
      await decides(processes, 400);
      await server.start();
      const isBack = async (): Promise<boolean> =>
        (await reports(processes)).every(({ fallback }) => fallback.awaySince === undefined);
      await waitUntil(isBack, { ...soon, what: 'all have found Redis' });
      await decides(processes, 200);
      await end(processes);
      const grants = (await hammering).map((one) => one.grants);
      expect(await errorsOf(processes)).toEqual([]);
      for (const { fallback } of await reports(processes)) {
        expect(fallback).toMatchObject({ timesAway: 1 });
        expect(fallback.localDecisions).toBeGreaterThan(100);
      }
      for (const one of grants) {
        const local = one.filter(({ isLocal }) => isLocal);
        expect(worstExcess(local, rate.capacity / 4, perMs / 4)).toBeLessThanOrEqual(0.01);
      }
      const shared = grants.flat().filter(({ isLocal }) => !isLocal);
      expect(worstExcess(shared, rate.capacity, perMs)).toBeLessThanOrEqual(0.01);
      // With Redis, without, and with it again: of what was taken before nobody knew.
      expect(worstExcess(grants.flat(), 3 * rate.capacity, perMs)).toBeLessThanOrEqual(0.01);
    },
    testTimeoutMs,
  );

  it(
    'never hold more slots than there are, and those of one that was killed come back',
    async () => {
      const [server, processes] = await start();
      // Those that work have leases that no wait for a processor outlasts.
      const slots = { slots: 10, leaseMs: 60_000 };
      const [killed, ...others] = processes;
      expect(await killed!.ask('hold', { ...slots, leaseMs: 3_000, count: 4 })).toBe(4);
      const working = Promise.all(others.map((one) => one.ask('work', { ...slots, holdMs: 5, callers: 10 })));
      await decides(others, 30);
      const limit = slotLimit('slots', slots);
      await killed!.kill();
      const store = stores.open({ redis: await stores.connect(server.url), prefix });
      await decides(others, 30);
      await end(others);
      const holds = (await working).flat();
      expect(await errorsOf(others)).toEqual([]);
      expect(mostAtOnce(holds)).toBeLessThanOrEqual(10);
      expect(mostAtOnce(holds)).toBeGreaterThan(1);
      const allFree = async (): Promise<boolean> =>
        (await store.look([{ limit, subject: 'subject' }]))[0]!.remaining === limit.slots;
      await waitUntil(allFree, { ...soon, what: 'the slots of the killed process are free' });
    },
    testTimeoutMs,
  );

  describe('give slots to nine modest clients, beside a greedy one that asks for 100 times its part at three of them,', () => {
    const holdTicks = 5;
    const modest = Array.from({ length: 9 }, (_client, index) => `modest-${index}`);

    /** Each of the modest asks for 0.7 of the slot that is its part: without fairness over processes the fourth would get a quarter of all. */
    async function compete(
      processes: readonly LimiterProcess[],
      ticks: number,
      onTick: (steps: SlotSteps, tookMs: number) => void = () => {},
    ): Promise<SlotSteps> {
      const steps = new SlotSteps(processes, {
        slots: 10,
        holdTicks,
        until: (isSettled) =>
          waitUntil(isSettled, { ...soon, everyMs: 1, what: 'all slots are held, all others wait' }),
      });
      const [process, ...others] = processes as [LimiterProcess, ...LimiterProcess[]];
      let asking = others.flatMap((other) => Array.from({ length: 34 }, () => ({ process: other, client: 'greedy' })));
      while (steps.now < ticks) {
        const from = performance.now();
        await steps.ask(asking);
        const ended = await steps.pass();
        onTick(steps, performance.now() - from);
        const due = modest.filter((_client, index) => (steps.now + 3 * index) % 7 === 0);
        asking = [...ended.filter(({ client }) => client === 'greedy'), ...due.map((client) => ({ process, client }))];
      }
      expect(await errorsOf(processes)).toEqual([]);
      expect(steps.mostHeld).toBe(10);
      return steps;
    }

    it(
      'as they ask',
      async () => {
        const [, processes] = await start({ isTimeless: true });
        const { calls } = await compete(processes, 200);
        const waits = modest.map((name) =>
          calls
            .filter(({ client }) => client === name)
            .map(({ askedAt, grantedAt }) => (grantedAt ?? Infinity) - askedAt),
        );
        // While one slot is held, each of the others comes free once.
        const parts = waits.map((those) => those.filter((ticks) => ticks <= holdTicks).length / those.length);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0.99);
        expect(jainsIndex(parts)).toBeGreaterThanOrEqual(0.99);
      },
      testTimeoutMs,
    );

    it(
      'in real time, wherever the processes come when they are called',
      async () => {
        const [, processes] = await start();
        const unfair: number[] = [];
        let wasWaiting = false;
        await compete(processes, 60, (steps, tookMs) => {
          const isWaiting = modest.some((name) => steps.isWaiting(name));
          const isPassedOver = modest.some((name) => steps.isWaiting(name) && steps.heldBy(name) === 0);
          const isServed = steps.calls.some(({ client, grantedAt }) => client === 'greedy' && grantedAt === steps.now);
          // Who does not come for 150 ms is taken to have gone, and a busy machine may have all of them late.
          const isInTime = tookMs < 100 && !wasWaiting;
          if (isInTime && isPassedOver && isServed && steps.heldBy('greedy') > 2) unfair.push(steps.now);
          wasWaiting = isWaiting;
        });
        expect(unfair).toEqual([]);
      },
      testTimeoutMs,
    );
  });
});
