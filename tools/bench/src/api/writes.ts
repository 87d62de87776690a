import { definitionOf, domainOf, objectiveOf } from '../catalogue/definitions.ts';
import type { TimedClient } from './client.ts';
import type { Operation } from './description.ts';
import { measure, WARM_UP, type Measured, type Skipped } from './reads.ts';

/** What writes refer to. */
export interface Ground {
  readonly accountId: string;
  readonly providerId: string;
  readonly modelId: string;
}

interface Resource {
  readonly create: (index: number, ground: Ground) => object;
  readonly change: (index: number) => object;
}

const prices = { inputUsdPerMillion: '0.15', outputUsdPerMillion: '0.60' };

/** How each resource is created and changed. */
const resources: Readonly<Record<string, Resource>> = {
  accounts: {
    create: (n, { accountId: parentId }) => ({ name: `a${n}`, parentId }),
    change: (n) => ({ name: `b${n}` }),
  },
  keys: { create: (n, { accountId }) => ({ accountId, name: `k${n}` }), change: (n) => ({ disabled: n % 2 === 0 }) },
  budgets: {
    create: (_, { accountId }) => ({ accountId, limitUsd: '1000', window: 'day' }),
    change: (n) => ({ limitUsd: String(1_000 + n) }),
  },
  providers: {
    create: (n) => ({ name: `p${n}`, kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' }),
    change: (n) => ({ concurrency: 10 + (n % 50) }),
  },
  models: {
    create: (n, { providerId }) => ({ providerId, name: `m${n}`, ...prices }),
    change: (n) => ({ outputUsdPerMillion: `0.${60 + (n % 30)}` }),
  },
  routes: {
    create: (n, { modelId }) => ({ name: `r${n}`, strategy: 'priority', targets: [{ modelId }] }),
    change: (n) => ({ defaultMaxTokens: 100 + n }),
  },
  metrics: { create: (n) => definitionOf(50_000 + n), change: (n) => ({ owner: `owner ${n}` }) },
  domains: { create: (n) => domainOf(1_000 + n), change: (n) => ({ name: `Domain ${n}, renamed` }) },
  objectives: { create: objectiveOf, change: (n) => ({ owner: `owner ${n}` }) },
};

/** Measures the creations, changes and deletions of every resource; each deletes what it made. */
export async function measureWrites(
  client: TimedClient,
  operations: readonly Operation[],
  ground: Ground,
  times: number,
): Promise<(Measured | Skipped)[]> {
  const outcomes: (Measured | Skipped)[] = [];
  for (const operation of operations.filter(({ method }) => method === 'POST')) {
    const name = operation.path.replace('/api/v1/', '');
    const resource = resources[name];
    if (!resource) {
      outcomes.push({ operation: operation.id, why: 'the bench has no body for it' });
      continue;
    }
    const made: string[] = [];
    const creation = await measure(operation, times, async (index) => {
      const answer = await client.call('POST', operation.path, resource.create(index, ground));
      if (answer.status === 201) made.push((JSON.parse(answer.text) as { id: string }).id);
      return answer;
    });
    outcomes.push(creation);
    for (const method of ['PATCH', 'DELETE']) {
      const own = operations.find((each) => each.method === method && each.path === `${operation.path}/{id}`);
      // The warm-up has used up as many of them as it has calls.
      if (own) outcomes.push(await onEach(client, own, made, resource));
    }
  }
  return outcomes;
}

function onEach(client: TimedClient, operation: Operation, ids: readonly string[], resource: Resource) {
  const pathOf = (index: number): string => operation.path.replace('{id}', encodeURIComponent(ids[index]!));
  const body = (index: number): object | undefined =>
    operation.method === 'PATCH' ? resource.change(index) : undefined;
  if (ids.length <= WARM_UP) return Promise.resolve({ operation: operation.id, why: 'too few were created' });
  return measure(operation, ids.length - WARM_UP, (index) => client.call(operation.method, pathOf(index), body(index)));
}
