import { startAllInOne } from '../processes/all-in-one.ts';
import { path, requestBody, type Contestant, type RunningGateway } from './contestant.ts';
import { controlPlane } from './control-plane.ts';
import { completionPrice, untilSettled } from './settled.ts';

export const purser: Contestant = {
  name: 'Purser',
  what: 'all four services in one process as `npm start` runs them: authentication, a budget, journal, settlement, embedded database',
  start: async (upstreamUrl) => {
    const { url, pid, adminKey, stop } = await startAllInOne();
    try {
      return { pid, stop, ...(await setUp(url, adminKey, upstreamUrl)) };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

/** A provider, a model with a price, a route, an account with a budget that no run can use up, and a member's key. */
async function setUp(
  url: string,
  adminKey: string,
  upstreamUrl: string,
): Promise<Pick<RunningGateway, 'target' | 'verify'>> {
  const api = controlPlane(url, adminKey);
  const providerId = await api.create('providers', {
    ...{ name: 'upstream', kind: 'openai-compatible', baseUrl: `${upstreamUrl}/v1`, concurrency: 256 },
  });
  const modelId = await api.create('models', {
    ...{ providerId, name: 'bench', maxOutputTokens: 64 },
    ...completionPrice,
  });
  await api.create('routes', { name: 'bench', strategy: 'priority', targets: [{ modelId }] });
  const accountId = await api.create('accounts', { name: 'bench' });
  const budgetId = await api.create('budgets', { accountId, limitUsd: '1000000', window: 'total' });
  const { key } = (await api.post('keys', { accountId, name: 'bench' })) as { key: string };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return {
    target: { port: Number(new URL(url).port), path, headers, body: requestBody },
    verify: async (served) => [await untilSettled(api, budgetId, served)],
  };
}
