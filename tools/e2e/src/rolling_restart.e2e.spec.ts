import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWithNats, waitUntil } from '@purser/testing';
import { startServices, type ServicesStack } from './stack/services.ts';
import { Balancer } from './tenant/balancer.ts';
import { sum, toNanos } from './tenant/nanos.ts';
import { SteadyLoad } from './tenant/steady-load.ts';
import { Tenant } from './tenant/tenant.ts';

const TEST_MS = 180_000;
const READY_MS = 60_000;
/** Beyond what the balancer takes to notice: a probe every 100 ms. */
const DRAIN_DELAY_MS = 1_500;

/** What is restarted, one after the other, the gateways last. */
const rollouts = [
  {
    title: 'a rolling restart of every service under load, with two gateways over NATS',
    replicas: 1,
    inTurn: ['budget', 'reports', 'training', 'web-gateway-0', 'web-gateway-1'],
  },
  { title: 'a rolling restart of two budget services under load', replicas: 2, inTurn: ['budget', 'budget-1'] },
];

for (const { title, replicas, inTurn } of rollouts) {
  describeWithNats(title, (nats) => {
    let stack: ServicesStack;
    beforeAll(async () => {
      const variables = { PURSER_REPLICAS: String(replicas), DRAIN_DELAY_MS: String(DRAIN_DELAY_MS) };
      stack = await startServices(await nats(), variables);
    });
    afterAll(() => stack?.stop());

    it(
      'loses no request, cuts no stream and no cent',
      async () => {
        const tenant = await Tenant.create(stack, { limitUsd: '5', simulator: { firstByteMs: 20, perTokenMs: 25 } });
        const balancer = new Balancer(stack.gateways);
        const load = new SteadyLoad(tenant, balancer, stack.adminKey);
        try {
          await waitUntil(() => load.count('stream') >= 1, { timeoutMs: 30_000, what: 'the load has settled in' });
          for (const name of inTurn) {
            const before = load.ended.length;
            await restart(stack, name, balancer);
            expect({ name, faults: load.faults }).toEqual({ name, faults: [] });
            expect(load.ended.length).toBeGreaterThan(before);
          }
          await load.stop();
          expect(load.faults).toEqual([]);
          for (const kind of ['chat', 'stream', 'read'] as const) expect(load.count(kind)).toBeGreaterThan(10);
          await settledExactly(tenant, load.count('chat') + load.count('stream'));
        } finally {
          await load.stop();
          await balancer.stop();
          await tenant.close();
        }
      },
      TEST_MS,
    );
  });
}

async function restart(stack: ServicesStack, name: string, balancer: Balancer): Promise<void> {
  const readyLines = new RegExp(`^\\[${name}\\] \\S+ is ready on `, 'gm');
  const starts = (): number => stack.output().match(readyLines)?.length ?? 0;
  const before = starts();
  expect(await stack.drainProcess(name)).toMatchObject({ code: 0, drained: true });
  await waitUntil(() => starts() > before, { timeoutMs: READY_MS, everyMs: 20, what: `${name} is ready again` });
  await waitUntil(() => stack.gateways.every((url) => balancer.isReady(url)), {
    ...{ timeoutMs: READY_MS, everyMs: 20, what: `both gateways are ready after the restart of ${name}` },
  });
}

/** Each chat is paid once, as the provider bills it: in the window, in the ledger and in the usage rows; nothing is held. */
async function settledExactly(tenant: Tenant, chats: number): Promise<void> {
  const window = await tenant.settledWindow();
  const billed = tenant.billed();
  expect(toNanos(window.settledUsd)).toBe(billed);
  expect(toNanos(window.overrunUsd)).toBe(0n);
  expect(tenant.simulator.ledger().totals.byOutcome).toEqual({ completed: chats, error: 0, dropped: 0, aborted: 0 });
  const rows = await tenant.usageAddingUpTo(billed);
  expect(rows).toHaveLength(chats);
  expect(rows.filter(({ estimated, overrun, attempt }) => estimated || overrun || attempt !== 1)).toEqual([]);
  const ledger = await tenant.admin.readLog('ledger', { budgetId: tenant.budgetId });
  expect(sum(ledger.map(({ settledUsd }) => toNanos(settledUsd)))).toBe(billed);
  expect(sum(ledger.map(({ heldUsd }) => toNanos(heldUsd)))).toBe(0n);
}
