import { resourceRecipes, type Recipes } from '../recipe.ts';

export const keyRecipes: Recipes = resourceRecipes(
  'Key',
  (world) => ({ accountId: world.tenant.accountId, name: world.name(), role: 'viewer' }),
  { disabled: true },
);
