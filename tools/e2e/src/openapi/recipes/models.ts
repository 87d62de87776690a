import { resourceRecipes, type Recipes } from '../recipe.ts';

export const modelRecipes: Recipes = resourceRecipes(
  'Model',
  (world) => ({
    ...{ providerId: world.tenant.providerId, name: world.name() },
    ...{ inputUsdPerMillion: '0.15', outputUsdPerMillion: '0.60' },
  }),
  { outputUsdPerMillion: '0.70' },
);
