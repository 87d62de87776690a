import { resourceRecipes, type Recipes } from '../recipe.ts';

export const budgetRecipes: Recipes = resourceRecipes(
  'Budget',
  (world) => ({ accountId: world.tenant.accountId, limitUsd: '5', window: 'day', timeZone: 'Europe/Berlin' }),
  { limitUsd: '6.50' },
);
