import { afterEach, describe, expect, it } from '@jest/globals';
import { findProgram, startOwnRedis, waitUntil, type OwnServer } from '@purser/testing';
import { randomUUID } from 'node:crypto';
import { slotLimit } from '../../core/limit.ts';
import { LimiterProcess } from './testing/limiter-processes.ts';
import { OpenedStores } from './testing/opened-stores.ts';
import { jainsIndex, mostAtOnce, worstExcess } from './testing/windows.ts';

const soon = { timeoutMs: 40_000 };
const rate = { amount: 1_000, perMs: 1_000, capacity: 100 };
const perMs = rate.amount / rate.perMs;
const callers = 8;
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

  async function start(): Promise<readonly [OwnServer, readonly LimiterProcess[]]> {
    prefix = `{${randomUUID()}}:`;
    const server = await startOwnRedis();
    opened.push(server.remove);
    const options = { url: server.url, prefix, share: 0.25 };
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

  it('give at most the limit in any window, and all of it', async () => {
    const [, processes] = await start();
    const hammering = Promise.all(processes.map((one) => one.ask('hammer', { ...rate, callers })));
    const enough = async (): Promise<boolean> =>
      (await reports(processes)).reduce((all, one) => all + one.decided, 0) > 5_000;
    await waitUntil(enough, { ...soon, what: '5 000 takes are decided' });
    await end(processes);
    const grants = (await hammering).flat();
    expect(await errorsOf(processes)).toEqual([]);
    expect(grants.filter(({ isLocal }) => isLocal)).toEqual([]);
    expect(worstExcess(grants, rate.capacity, perMs)).toBeLessThanOrEqual(0.01);
    const first = Math.min(...grants.map(({ sentAt }) => sentAt));
    const last = Math.max(...grants.map(({ receivedAt }) => receivedAt));
    expect(grants.length).toBeGreaterThan(0.5 * perMs * (last - first));
  });

  it('hold their shares while it is killed in the middle, and no caller sees an error', async () => {
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
    const grants = await hammering;
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
  });

  it('never hold more slots than there are, and those of one that was killed come back', async () => {
    const [server, processes] = await start();
    const slots = { slots: 10, leaseMs: 3_000 };
    const [killed, ...others] = processes;
    expect(await killed!.ask('hold', { ...slots, count: 4 })).toBe(4);
    const working = Promise.all(
      others.map((one) => one.ask('work', { ...slots, holdMs: 5, clients: [{ client: 'a', callers: 10 }] })),
    );
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
  });

  it('serve nine modest clients as they ask, beside a greedy one that asks for 100 times its part at three of them', async () => {
    const [, processes] = await start();
    const slots = { slots: 10, leaseMs: 30_000, holdMs: 50 };
    // Each asks for 0.7 of the slot that is its part: without fairness over processes the fourth would get a quarter of all.
    const modest = Array.from({ length: 9 }, (_client, index) => ({ client: `modest-${index}`, everyMs: 70 }));
    const greedy = [{ client: 'greedy', callers: 34 }];
    const clientsOf = [greedy, greedy, greedy, modest];
    const working = Promise.all(
      processes.map((one, index) => one.ask('work', { ...slots, clients: clientsOf[index]! })),
    );
    await decides(processes.slice(3), 600);
    const { asked } = await processes[3]!.ask('report');
    await end(processes);
    const holds = (await working).flat();
    expect(await errorsOf(processes)).toEqual([]);
    expect(mostAtOnce(holds)).toBeLessThanOrEqual(10);
    const served = (name: string): number => holds.filter(({ client }) => client === name).length;
    const parts = modest.map(({ client }) => served(client) / asked[client]!);
    expect(Math.min(...parts)).toBeGreaterThan(0.9);
    expect(jainsIndex(modest.map(({ client }) => served(client)))).toBeGreaterThanOrEqual(0.99);
  });
});
