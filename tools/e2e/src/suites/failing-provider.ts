import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@purser/testing';
import type { Stack } from '../stack/stack.ts';
import { Api, type ApiAnswer } from '../tenant/api.ts';
import { toNanos } from '../tenant/nanos.ts';
import { pacedCalls } from '../tenant/paced-calls.ts';
import { Tenant } from '../tenant/tenant.ts';

type Kind = 'well' | 'failing' | 'route';

interface Outcome {
  readonly kind: Kind;
  readonly status: number;
  readonly provider: string | null;
  readonly retryAfter: string | null;
}

const KINDS: readonly Kind[] = ['well', 'failing', 'route'];
const EVERY_MS = 25;
const OUTAGE_MS = 4_000;
/** For a gateway to leave a provider alone, and to ask it again: that takes as long as the outage took, at most. */
const NOTICE_MS = 60_000;
/** Retries at a provider by a gateway: a tenth of the requests for it, and so many besides in each 10 s begun. */
const RETRY_SHARE = 0.1;
const RETRIES_BESIDES = 10;
const BUDGET_MS = 10_000;
const SUITE_MS = 180_000;

/** A provider that fails everything for a while, amid the traffic of others. */
export function failingProvider(stack: () => Stack): void {
  describe('a provider that fails everything for a while', () => {
    let failing: Tenant;
    let well: Tenant;
    let models: Readonly<Record<Kind, string>>;
    beforeAll(async () => {
      failing = await Tenant.create(stack(), { limitUsd: '1.00' });
      well = await Tenant.create(stack());
      const route = `route-${failing.provider}`;
      const targets = [failing, well].map(({ modelIds }) => ({ modelId: modelIds['sim-small'] }));
      await failing.admin.create('routes', { name: route, strategy: 'priority', targets });
      models = { well: well.model(), failing: failing.model(), route };
    });
    afterAll(async () => {
      await failing?.close();
      await well?.close();
    });

    const gateways = () => stack().gateways.map((url) => new Api(url, failing.key));
    const ask = (api: Api, kind: Kind): Promise<ApiAnswer> => {
      const messages = [{ role: 'user', content: 'Hello [[tokens:5]]' }];
      return api.post('/v1/chat/completions', { model: models[kind], messages, max_tokens: 20 });
    };
    const asked = async (index: number): Promise<Outcome> => {
      const kind = KINDS[index % KINDS.length]!;
      const apis = gateways();
      const { status, headers } = await ask(apis[Math.floor(index / KINDS.length) % apis.length]!, kind);
      return { kind, status, provider: headers.get('x-purser-provider'), retryAfter: headers.get('retry-after') };
    };
    const attempts = (tenant: Tenant): number => tenant.simulator.ledger().totals.requests;
    const isLeftAlone = ({ kind, status }: Outcome): boolean => kind === 'failing' && status === 503;

    it(
      'harms nobody else, is not stormed, and is asked again once it is well',
      async () => {
        failing.simulator.configure({ faults: [{ fault: '500' }] });
        const startedAt = performance.now();
        const elapsedMs = (): number => performance.now() - startedAt;
        const outcomes = await pacedCalls(EVERY_MS, asked, (ended) =>
          ended.some(isLeftAlone) ? elapsedMs() < OUTAGE_MS : elapsedMs() < NOTICE_MS,
        );
        const budgets = stack().gateways.length * Math.ceil(elapsedMs() / BUDGET_MS);
        const of = (kind: Kind): Outcome[] => outcomes.filter((outcome) => outcome.kind === kind);

        expect(of('well').filter(({ status }) => status !== 200)).toEqual([]);
        const answered = { status: 200, provider: well.provider };
        expect(of('route')).toEqual(of('route').map(() => expect.objectContaining(answered)));
        expect(of('failing').filter(({ status }) => status !== 502 && status !== 503)).toEqual([]);
        const refused = outcomes.filter(isLeftAlone);
        expect(refused.length).toBeGreaterThan(0);
        expect(refused.filter(({ retryAfter }) => !(Number(retryAfter) >= 1))).toEqual([]);
        const calls = of('failing').length + of('route').length;
        expect(attempts(failing)).toBeLessThanOrEqual(calls * (1 + RETRY_SHARE) + budgets * RETRIES_BESIDES);

        failing.simulator.configure({ faults: [] });
        for (const api of gateways()) {
          const what = `${api.url} asks the provider again`;
          const isAsked = async () => (await ask(api, 'failing')).status === 200;
          await waitUntil(isAsked, { timeoutMs: NOTICE_MS, everyMs: 50, what });
          const again = await Promise.all(Array.from({ length: 10 }, () => ask(api, 'failing')));
          expect(again.map(({ status }) => status)).toEqual(again.map(() => 200));
          expect((await ask(api, 'route')).headers.get('x-purser-provider')).toBe(failing.provider);
        }
      },
      SUITE_MS,
    );

    it('has a usage row for each attempt that it got, and costs what it answered', async () => {
      const billed = failing.billed() + well.billed();
      const window = await failing.settledWindow();
      expect(toNanos(window.settledUsd)).toBe(billed);
      const at = async (tenant: Tenant) => (await failing.usage({ provider: tenant.provider })).length;
      for (const tenant of [failing, well]) {
        const isTold = async () => (await at(tenant)) === attempts(tenant);
        await waitUntil(isTold, { timeoutMs: 10_000, everyMs: 100, what: 'each attempt has a usage row' });
      }
      await failing.usageAddingUpTo(billed);
    });
  });
}
