import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Stack } from '../stack/stack.ts';
import { Api } from '../tenant/api.ts';
import { toNanos } from '../tenant/nanos.ts';
import { Tenant } from '../tenant/tenant.ts';

/** Routes whose first target fails, and providers that misbehave. */
export function fallback(stack: () => Stack): void {
  describe('a route with a fallback', () => {
    let first: Tenant;
    let second: Tenant;
    let route: string;
    beforeAll(async () => {
      first = await Tenant.create(stack(), { limitUsd: '1.00' });
      second = await Tenant.create(stack());
      route = `route-${first.provider}`;
      const targets = [first, second].map(({ modelIds }) => ({ modelId: modelIds['sim-small'] }));
      await first.admin.create('routes', { name: route, strategy: 'priority', targets });
    });
    afterAll(async () => {
      await first?.close();
      await second?.close();
    });

    /** A provider that said when to come again is passed over until then: it is to be asked again at once. */
    const forgetQuota = () => first.admin.post('/api/v1/rate-limits/reset', { providerId: first.providerId });
    beforeEach(forgetQuota);

    const complete = (content: string, stream = false) =>
      first
        .client({ maxRetries: 0 })
        .chat.completions.create({ model: route, messages: [{ role: 'user', content }], max_tokens: 30, stream })
        .asResponse();

    it('goes to the first target while that works', async () => {
      const response = await complete('Fine');
      await response.text();
      expect(response.headers.get('x-purser-provider')).toBe(first.provider);
      expect(response.headers.get('x-purser-attempts')).toBe('1');
    });

    it.each(['500', '503', '429', 'drop-before-byte'] as const)(
      'goes on to the second after %s of the first',
      async (fault) => {
        first.simulator.configure({ faults: [{ fault }] });
        for (const stream of [false, true]) {
          await forgetQuota();
          const response = await complete(`Fall back ${fault}`, stream);
          const text = await response.text();
          expect([response.status, response.headers.get('x-purser-provider')]).toEqual([200, second.provider]);
          expect(Number(response.headers.get('x-purser-attempts'))).toBeGreaterThan(1);
          expect(text).toContain(stream ? 'data: [DONE]' : '"usage"');
        }
        first.simulator.configure({ faults: [] });
      },
    );

    it('goes to the second at once while the first said when to come again', async () => {
      first.simulator.configure({ faults: [{ fault: '429' }] });
      await (await complete('Told')).text();
      first.simulator.configure({ faults: [] });
      const response = await complete('Obeyed');
      await response.text();
      expect(response.headers.get('x-purser-provider')).toBe(second.provider);
      expect(response.headers.get('x-purser-attempts')).toBe('1');
    });

    it("keeps the provider's own message when nobody is left", async () => {
      const response = await first
        .client({ maxRetries: 0 })
        .chat.completions.create({
          model: first.model(),
          messages: [{ role: 'user', content: 'Fail [[fault:500]]' }],
          max_tokens: 30,
        })
        .asResponse()
        .catch((error: { status: number; message: string }) => error);
      expect(response).toMatchObject({ status: 502, message: expect.stringContaining('500') });
    });

    it('pays for every attempt that the provider may bill, and for none that it does not', async () => {
      const window = await first.settledWindow();
      const rows = await first.usageAddingUpTo(toNanos(window.settledUsd));
      const refused = rows.filter(({ status }) => [500, 503, 429].includes(status));
      expect(refused.length).toBeGreaterThanOrEqual(6);
      expect(refused.map(({ costUsd }) => toNanos(costUsd))).toEqual(refused.map(() => 0n));
      expect(toNanos(window.settledUsd)).toBeGreaterThanOrEqual(first.billed() + second.billed());
    });
  });

  describe('a provider that breaks off', () => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.create(stack(), { limitUsd: '1.00' });
    });
    afterAll(() => tenant?.close());

    it.each(['missing-usage', 'drop-mid-stream', 'malformed-sse'])(
      'is paid the bound after %s, marked as estimated',
      async (fault) => {
        const requestId = `e2e-${fault}-${tenant.provider}`;
        const content = `[[fault:${fault}]] [[tokens:20]]`;
        const body = { model: tenant.model(), messages: [{ role: 'user', content }], max_tokens: 30, stream: true };
        // Not by the official client, which writes what it can't parse to the console.
        const client = new Api(stack().gateways[0]!, tenant.key);
        await client.post('/v1/chat/completions', body, { 'x-request-id': requestId }).catch(() => {});
        await tenant.settledWindow();
        const [row] = await tenant.usageAddingUpTo(toNanos((await tenant.window()).settledUsd));
        expect(row).toMatchObject({ requestId, estimated: true, overrun: false });
        expect(toNanos(row!.costUsd)).toBeGreaterThan(BigInt(tenant.simulator.ledger().entries.at(-1)!.costNanos));
      },
    );
  });
}
