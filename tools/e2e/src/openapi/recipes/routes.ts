import { resourceRecipes, type Recipes } from '../recipe.ts';

export const routeRecipes: Recipes = resourceRecipes(
  'Route',
  (world) => ({
    ...{ name: world.name(), strategy: 'priority', defaultMaxTokens: 100, cache: { ttlSeconds: 60 } },
    targets: [{ modelId: world.tenant.modelIds['sim-small'] }],
  }),
  { defaultMaxTokens: null, cache: null },
);
