import { expect } from '@jest/globals';
import { resourceRecipes, type Recipes } from '../recipe.ts';

export const sourceRecipes: Recipes = {
  ...resourceRecipes('Source', async (world) => ({ kind: 'directory', path: await world.workFolder() }), {
    disabled: true,
  }),
  syncSource: {
    good: async (world) => ({ path: { id: (await world.source()).id } }),
    holds: ({ body }) => expect(body).toMatchObject({ status: 'ok', workEfforts: 1 }),
  },
};
