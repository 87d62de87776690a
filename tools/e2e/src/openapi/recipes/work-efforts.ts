import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

export const workEffortRecipes: Recipes = {
  listWorkEfforts: {
    good: async (world) => ({ query: { sourceId: (await world.source()).id, q: 'edge', sort: '-updatedAt' } }),
    holds: ({ body }) => expect(body.data).toHaveLength(1),
  },
  getWorkEffort: {
    good: async (world) => {
      const { id } = await world.source();
      const { data } = await world.admin.read(`work-efforts?sourceId=${id}`);
      return { path: { id: data[0].id } };
    },
    holds: ({ body }) => expect(body.tickets).toHaveLength(2),
  },
};
