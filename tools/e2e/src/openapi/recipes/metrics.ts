import { expect } from '@jest/globals';
import { resourceRecipes, type Recipes } from '../recipe.ts';
import type { World } from '../world.ts';

const aMetric = (world: World) => ({
  ...{ metricId: world.name(), name: 'Share of answers in time', description: 'Whether clients wait.' },
  ...{ category: 'quality', tier: 'gold', businessDomain: 'platform', tags: ['latency'], owner: 'the edge' },
  definition: { formula: 'in_time / all', unit: '%', expectedDirection: 'higher' },
  targets: { target: 99, warning: 95, critical: 90 },
});

const recipes = resourceRecipes('Metric', aMetric, { tier: 'silver' });
// Further fields are sections of the author's own.
const badBodies = [[], { name: 7 }];

export const metricRecipes: Recipes = {
  ...recipes,
  createMetric: { ...recipes['createMetric']!, badBodies },
  updateMetric: { ...recipes['updateMetric']!, badBodies },
  searchMetrics: {
    good: async (world) => {
      await world.admin.create('metrics', aMetric(world));
      return { query: { q: 'answers in time', limit: '1' } };
    },
    holds: ({ body }) => expect(body.data).toHaveLength(1),
  },
};
