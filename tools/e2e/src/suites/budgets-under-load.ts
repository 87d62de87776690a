import { afterEach, describe, expect, it } from '@jest/globals';
import type { Stack } from '../stack/stack.ts';
import { countByStatus, load } from '../tenant/load.ts';
import { toNanos, toUsd } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

const LOAD_MS = 60_000;

/** Whatever comes at once: a hard budget is never overspent, and what it holds can be spent. */
export function budgetsUnderLoad(stack: () => Stack): void {
  describe('a hard budget under load', () => {
    let tenant: Tenant;
    afterEach(() => tenant?.close());

    it(
      'pays for 300 of the chats of 1 000 clients that keep coming until they are refused',
      async () => {
        tenant = await Tenant.create(stack());
        const request = (index: number) => ({
          ...{
            model: tenant.model(),
            messages: [{ role: 'user' as const, content: `${index} [[tokens:${20 + (index % 9)}]]` }],
          },
          max_tokens: 32,
        });
        // One without a budget tells what they cost.
        await load(tenant, { clients: 1, request, again: () => false });
        const limit = 300n * tenant.billed();
        await tenant.setBudget(toUsd(limit));
        const before = tenant.billed();

        const outcomes = await load(tenant, { clients: 1_000, request, again: ({ status }) => status === 200 });
        const counts = countByStatus(outcomes);
        expect(counts).toEqual({ 200: expect.any(Number), 402: 1_000 });
        const window = await tenant.settledWindow();
        const billed = tenant.billed() - before;
        expect(toNanos(window.settledUsd)).toBe(billed);
        expect(toNanos(window.overrunUsd)).toBe(0n);
        expect(billed).toBeLessThanOrEqual(limit);
        expect(Number(billed) / Number(limit)).toBeGreaterThanOrEqual(0.98);
        const { byOutcome } = tenant.simulator.ledger().totals;
        expect(byOutcome).toEqual({ completed: counts[200]! + 1, error: 0, dropped: 0, aborted: 0 });
        const rows = await tenant.usageAddingUpTo(tenant.billed());
        expect(rows).toHaveLength(counts[200]! + 1);
      },
      LOAD_MS,
    );

    it(
      'of 200 bounds serves exactly 200 of 500 at once, where each costs its bound',
      async () => {
        tenant = await Tenant.create(stack(), { simulator: { promptTokens: 'bound' } });
        const request = () => ({
          ...{ model: tenant.model(), messages: [{ role: 'user' as const, content: 'Exactly [[tokens:16]]' }] },
          max_tokens: 16,
        });
        await load(tenant, { clients: 1, request, again: () => false });
        const bound = tenant.billed();
        await tenant.setBudget(toUsd(200n * bound));

        const outcomes = await load(tenant, { clients: 500, request, again: () => false });
        expect(countByStatus(outcomes)).toEqual({ 200: 200, 402: 300 });
        const window = await tenant.settledWindow();
        expect(window).toMatchObject({ settledUsd: window.limitUsd, overrunUsd: '0', remainingUsd: '0' });
        expect(tenant.billed() - bound).toBe(200n * bound);
      },
      LOAD_MS,
    );
  });
}
