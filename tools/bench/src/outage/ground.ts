import type { DependenciesOfAll, UsageSum } from '@purser/contracts';
import { completionOf, path } from '../gateway/contestant.ts';
import { controlPlane, type ControlPlane } from '../gateway/control-plane.ts';
import { completionPrice } from '../gateway/settled.ts';
import type { LoadTarget } from '../http/load-job.ts';
import type { AllInOne } from '../processes/all-in-one.ts';

export const providerNames = ['well', 'failing'] as const;
export type ProviderName = (typeof providerNames)[number];
export const streamNames = ['well', 'failing', 'route'] as const;
export type StreamName = (typeof streamNames)[number];

/** What the outage happens in. */
export interface Ground {
  readonly api: ControlPlane;
  readonly budgetId: string;
  /** Each provider's model by its name, and a route to that of the failing one, then to that of the other. */
  readonly targets: Readonly<Record<StreamName, LoadTarget>>;
}

/** Two providers as they come, a model of each, a route to both, and an account with a budget that no run can use up. */
export async function layGround(
  { url, adminKey }: AllInOne,
  upstreams: Readonly<Record<ProviderName, string>>,
): Promise<Ground> {
  const api = controlPlane(url, adminKey);
  const modelIds: string[] = [];
  for (const name of providerNames) {
    const baseUrl = `${upstreams[name]}/v1`;
    const providerId = await api.create('providers', { name, kind: 'openai-compatible', baseUrl });
    const model = { providerId, name: 'bench', maxOutputTokens: 64, ...completionPrice };
    modelIds.unshift(await api.create('models', model));
  }
  const targets = modelIds.map((modelId) => ({ modelId }));
  await api.create('routes', { name: 'route', strategy: 'priority', targets });
  const accountId = await api.create('accounts', { name: 'bench' });
  const budgetId = await api.create('budgets', { accountId, limitUsd: '1000000', window: 'total' });
  const { key } = (await api.post('keys', { accountId, name: 'bench' })) as { key: string };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const to = (model: string): LoadTarget => ({
    ...{ port: Number(new URL(url).port), path, headers, body: completionOf(model) },
  });
  return { api, budgetId, targets: { well: to('well/bench'), failing: to('failing/bench'), route: to('route') } };
}

/** Retries at the failing provider so far. */
export async function retriesSoFar(api: ControlPlane): Promise<number> {
  const { data } = (await api.get('dependencies/stats')) as DependenciesOfAll;
  return data.find(({ name }) => name === 'provider/failing')?.retries ?? 0;
}

/** Usage rows so far, by provider. */
export async function usageRows(api: ControlPlane): Promise<Readonly<Record<ProviderName, number>>> {
  const { data } = (await api.get('reports/usage?interval=hour&groupBy=provider')) as { data: UsageSum[] };
  const of = (name: ProviderName): number =>
    data.filter(({ provider }) => provider === name).reduce((sum, { requests }) => sum + requests, 0);
  return { well: of('well'), failing: of('failing') };
}
