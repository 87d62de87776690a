import type { Recipes } from '../recipe.ts';
import { accountRecipes } from './accounts.ts';
import { budgetRecipes } from './budgets.ts';
import { cacheRecipes } from './cache.ts';
import { keyRecipes } from './keys.ts';
import { domainRecipes, metricRecipes, objectiveRecipes } from './metrics.ts';
import { modelRecipes } from './models.ts';
import { callableModelRecipes } from './models-to-call.ts';
import { moneyRecipes } from './money.ts';
import { probeRecipes } from './probes.ts';
import { providerRecipes } from './providers.ts';
import { routeRecipes } from './routes.ts';
import { sourceRecipes } from './sources.ts';
import { trafficRecipes } from './traffic.ts';
import { workEffortRecipes } from './work-efforts.ts';

/** One for each operation of the document; whoever adds an operation adds its recipe to the file of its resource. */
export const allRecipes: Recipes = {
  ...accountRecipes,
  ...keyRecipes,
  ...budgetRecipes,
  ...providerRecipes,
  ...modelRecipes,
  ...routeRecipes,
  ...sourceRecipes,
  ...workEffortRecipes,
  ...moneyRecipes,
  ...metricRecipes,
  ...domainRecipes,
  ...objectiveRecipes,
  ...callableModelRecipes,
  ...cacheRecipes,
  ...trafficRecipes,
  ...probeRecipes,
};
