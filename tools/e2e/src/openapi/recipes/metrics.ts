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
  countMetrics: {
    good: async (world) => {
      await world.admin.create('metrics', aMetric(world));
      return {};
    },
    holds: ({ body }) => expect(body.withTargets).toBeGreaterThan(0),
  },
  getMetricPolicy: {
    good: async (world) => ({ path: { id: (await world.admin.create('metrics', aMetric(world))).id } }),
    holds: ({ body }) => expect(body.policy).toContain(`package ${body.package}\n`),
  },
  importCatalogue: {
    good: (world) => ({ query: { dryRun: 'true' }, body: { metrics: [aMetric(world)] } }),
    holds: ({ body }) => expect(body.metrics).toEqual({ created: 1, updated: 0, unchanged: 0, removed: 0 }),
  },
  exportCatalogue: {
    good: async (world) => {
      await world.admin.create('metrics', aMetric(world));
      return {};
    },
    holds: ({ body }) => expect(body.metrics.length).toBeGreaterThan(0),
  },
};

const aDomain = (world: World) => ({ id: world.name(), name: world.name(), owner: 'the edge' });

export const domainRecipes: Recipes = resourceRecipes('Domain', aDomain, { description: 'As described.' });

const anObjective = async (world: World) => {
  const { id } = await world.admin.create('metrics', aMetric(world));
  return { title: 'Be in time', keyResults: [{ title: 'Nearly always', metricId: id, target: 99, current: 33 }] };
};

export const objectiveRecipes: Recipes = resourceRecipes('Objective', anObjective, { status: 'done' });
