import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { countByStatus, load, type Outcome } from '../tenant/load.ts';
import { sum, toNanos, toUsd } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

const TEST_MS = 120_000;
/** The killed gateway's session is given up 5 s after its last word; then 10 s as ever. */
const RECOVERED_MS = 20_000;

/** The gateway's process dies, or is asked to end, in the middle of its work. */
export function crashesAndDrains(stack: () => Stack): void {
  let tenant: Tenant;
  afterEach(() => tenant?.close());

  const chat = (tokens: number) => () => ({
    ...{ model: tenant.model(), messages: [{ role: 'user' as const, content: `Go [[tokens:${tokens}]]` }] },
    max_tokens: tokens,
  });

  describe('kill -9 of the gateway under load', () => {
    it(
      'loses no answer that a client got whole, no cent, and not the limit',
      async () => {
        tenant = await Tenant.create(stack(), { simulator: { firstByteMs: 20, perTokenMs: 2 } });
        await load(tenant, { clients: 1, request: chat(24), again: () => false });
        const spentBefore = tenant.billed();
        const limit = 600n * spentBefore;
        await tenant.setBudget(toUsd(limit));

        const whole: Outcome[] = [];
        const onOutcome = (outcome: Outcome): void => void (outcome.status === 200 && whole.push(outcome));
        const options = { clients: 40, request: chat(24), streams: true, onOutcome };
        // It stops before the budget is used up: a gateway that goes on would else spend it all while the other is away.
        const first = load(tenant, { ...options, again: ({ status }) => status === 200 && whole.length < 300 });
        await waitUntil(() => whole.length >= 100, { timeoutMs: 20_000, everyMs: 2, what: 'a hundred are served' });
        await stack().kill();
        const servedAtKill = whole.length;
        await stack().serveAgain();
        const broken = (await first).filter(({ status }) => typeof status === 'string');
        expect(broken.length).toBeGreaterThan(0);

        // What the killed run holds comes back, and the rest of the budget can be spent.
        const refused = ({ status }: Outcome): boolean => status === 402;
        await tenant.settledWindow(RECOVERED_MS);
        const second = await load(tenant, { ...options, again: (outcome) => !refused(outcome) });
        expect(Object.keys(countByStatus(second))).toEqual(['200', '402']);

        const window = await tenant.settledWindow();
        const settled = toNanos(window.settledUsd);
        expect(settled).toBeGreaterThanOrEqual(tenant.billed() - spentBefore);
        expect(settled).toBeLessThanOrEqual(limit);
        expect(toNanos(window.overrunUsd)).toBe(0n);
        const rows = await tenant.usageAddingUpTo(settled + spentBefore);
        const recorded = new Set(rows.map(({ requestId }) => requestId));
        expect(whole.filter(({ requestId }) => !recorded.has(requestId))).toEqual([]);
        expect(whole.length).toBeGreaterThan(servedAtKill);
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        const ledger = await tenant.admin.readLog('ledger', { budgetId: tenant.budgetId });
        expect(sum(ledger.map(({ settledUsd }) => toNanos(settledUsd)))).toBe(settled);
        expect(sum(ledger.map(({ heldUsd }) => toNanos(heldUsd)))).toBe(0n);
      },
      TEST_MS,
    );
  });

  describe('kill -9 of the gateway that gives kept answers', () => {
    it(
      'loses none that a client got from the usage',
      async () => {
        tenant = await Tenant.create(stack(), { limitUsd: '1' });
        const whole: string[] = [];
        const running = Array.from({ length: 10 }, async (_, client) => {
          const openai = tenant.client({ maxRetries: 0 });
          for (let count = 0; ; count++) {
            const headers = { 'x-purser-cache': 'on', 'x-request-id': `kept-${tenant.provider}-${client}-${count}` };
            await openai.chat.completions.create(chat(10)(), { headers });
            whole.push(headers['x-request-id']);
          }
        });
        const ended = Promise.allSettled(running);
        await waitUntil(() => whole.length >= 500, { timeoutMs: 20_000, everyMs: 2, what: 'many are served' });
        await stack().kill();
        await ended;
        await stack().serveAgain();
        await waitUntil(
          async () => {
            const recorded = new Set((await tenant.usage()).map(({ requestId }) => requestId));
            const lost = whole.filter((requestId) => !recorded.has(requestId));
            if (lost.length > 0) throw new Error(`${lost.length} of ${whole.length} are missing`);
            return true;
          },
          { timeoutMs: RECOVERED_MS, everyMs: 200, what: 'all are recorded' },
        );
        const rows = await tenant.usage();
        expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
        expect(rows.filter(({ cache }) => cache === 'HIT').every(({ costUsd }) => costUsd === '0')).toBe(true);
        expect(toNanos((await tenant.settledWindow()).settledUsd)).toBe(tenant.billed());
      },
      TEST_MS,
    );
  });

  describe('SIGTERM under load', () => {
    it(
      'ends every request in flight as if nothing were, gives all money back and exits with 0',
      async () => {
        const clients = 40 * stack().gateways.length;
        const simulator = { firstByteMs: 500, perTokenMs: 10 };
        // Without Redis each gateway has its part of the provider's places.
        tenant = await Tenant.create(stack(), { limitUsd: '1', simulator, provider: { concurrency: clients } });
        const running = load(tenant, { clients, request: chat(40), streams: true, again: () => false });
        await waitUntil(() => tenant.simulator.ledger().totals.inFlight === clients, {
          ...{ timeoutMs: 20_000, everyMs: 5, what: 'all requests are at the provider' },
        });
        const exit = await stack().drain();
        expect(countByStatus(await running)).toEqual({ 200: clients });
        expect(exit).toMatchObject({ code: 0, drained: true, at: expect.stringMatching(/^\d{4}-.*Z$/) });
        await stack().serveAgain();
        // Nothing was left for a recovery: a session that is not closed would hold its money for seconds.
        const window = await tenant.settledWindow();
        expect(toNanos(window.settledUsd)).toBe(tenant.billed());
        expect(await tenant.usageAddingUpTo(tenant.billed())).toHaveLength(clients);
      },
      TEST_MS,
    );

    it(
      'cuts nobody off: what comes during the drain is served whole, or was never begun',
      async () => {
        tenant = await Tenant.create(stack(), { limitUsd: '1', simulator: { firstByteMs: 30, perTokenMs: 1 } });
        let stop = false;
        const again = (): boolean => !stop;
        const running = load(tenant, {
          clients: 16,
          request: chat(20),
          streams: true,
          again: (outcome) => {
            // A client whose gateway is gone for the moment tries again a little later.
            return again() && outcome.status === 200;
          },
        });
        await sleep(300);
        const exit = await stack().drain();
        stop = true;
        const outcomes = await running;
        await stack().serveAgain();
        expect(exit).toMatchObject({ code: 0, drained: true });
        const provider = new Set(tenant.simulator.ledger().entries.map(({ requestId }) => requestId));
        const failed = outcomes.filter(({ status }) => status !== 200 && status !== 503);
        expect(failed.filter(({ requestId }) => provider.has(requestId))).toEqual([]);
        expect(failed.filter(({ status }) => status === 'cut stream')).toEqual([]);
        await tenant.settledWindow();
        expect(await tenant.usageAddingUpTo(tenant.billed())).toHaveLength(tenant.simulator.ledger().totals.requests);
      },
      TEST_MS,
    );
  });
}
