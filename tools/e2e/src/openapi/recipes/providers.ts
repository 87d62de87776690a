import { resourceRecipes, type Recipes } from '../recipe.ts';

export const providerRecipes: Recipes = resourceRecipes(
  'Provider',
  (world) => ({ name: world.name(), kind: 'openai-compatible', baseUrl: world.tenant.simulator.url, apiKey: 'sk-x' }),
  { concurrency: 7, limits: { requestsPerMinute: 500, tokensPerMinute: 100_000 } },
);
