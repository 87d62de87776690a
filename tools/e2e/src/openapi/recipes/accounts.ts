import { resourceRecipes, type Recipes } from '../recipe.ts';

export const accountRecipes: Recipes = resourceRecipes(
  'Account',
  (world) => ({ name: world.name(), kind: 'team', parentId: world.tenant.accountId }),
  { name: 'renamed', limits: { requestsPerMinute: 1_000, concurrency: 10 } },
);
