import { resourceRecipes, type Recipes } from '../recipe.ts';

export const keyRecipes: Recipes = resourceRecipes(
  'Key',
  (world) => ({
    accountId: world.tenant.accountId,
    name: world.name(),
    role: 'viewer',
    limits: { tokensPerMinute: 5_000 },
  }),
  { disabled: true },
);
