import type { ControlPlane } from '../gateway/control-plane.ts';

const CATEGORIES = ['quality', 'cost', 'adoption', 'delivery', 'reliability'];
const TIERS = ['gold', 'silver', 'bronze'];
const DOMAINS = ['platform', 'search', 'support', 'payments'];
const AT_ONCE = 8;

/** Definitions as they are in a real catalogue, each a little over a kilobyte; `from` keeps their ids apart. */
export function definitionOf(index: number): Record<string, unknown> {
  return {
    ...{ metricId: `metric-${String(index).padStart(5, '0')}`, name: `Share of answers in time, variant ${index}` },
    shortName: `in time ${index}`,
    description: `Whether clients wait: the share of answers that came within the time that was agreed on. `.repeat(4),
    ...{ category: CATEGORIES[index % 5], tier: TIERS[index % 3], businessDomain: DOMAINS[index % 4] },
    ...{ metricType: 'ratio', tags: ['latency', `team-${index % 20}`], owner: `owner-${index % 30}` },
    definition: {
      ...{ formula: 'in_time / all', numerator: 'in_time', denominator: 'all', unit: '%' },
      expectedDirection: 'higher',
    },
    targets: { target: 99, warning: 95, critical: 90 },
    alignment: { objective: 'Answers that nobody waits for', keyResult: `KR-${index % 12}` },
    governance: { reviewedBy: 'the board', cadence: 'monthly', sources: ['usage', 'latency'] },
  };
}

export function domainOf(index: number): object {
  return {
    name: `Domain ${index}`,
    description: 'What the platform promises to its clients.',
    owner: `owner-${index}`,
  };
}

/** With three key results, each on one of the first definitions. */
export function objectiveOf(index: number): object {
  const keyResults = [0, 1, 2].map((at) => ({
    ...{ title: `Key result ${at}`, metricId: definitionOf((index + at) % 100)['metricId'] },
    ...{ baseline: 80, target: 99, current: 80 + ((index + at) % 19) },
  }));
  return { title: `Answers that nobody waits for, ${index}`, domain: DOMAINS[index % 4], keyResults };
}

/** Makes so many over the API, a few at a time. */
export async function createDefinitions(api: ControlPlane, count: number): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await api.create('metrics', definitionOf(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
