import { expect } from '@jest/globals';
import type { ApiAnswer } from '../../tenant/api.ts';
import type { Recipes } from '../recipe.ts';
import type { World } from '../world.ts';

const hasRows = ({ body }: ApiAnswer): void => expect(body.data.length).toBeGreaterThan(0);

/** The query of a log that has rows. */
const afterSpending =
  (more: (world: World) => Readonly<Record<string, string>> = () => ({})) =>
  async (world: World) => {
    await world.spend();
    return { query: { accountId: world.tenant.accountId, ...more(world) } };
  };

export const moneyRecipes: Recipes = {
  listUsage: { good: afterSpending(() => ({ limit: '1' })), holds: hasRows },
  sumUsage: { good: afterSpending(() => ({ interval: 'day', groupBy: 'provider,model' })), holds: hasRows },
  topUsage: { good: afterSpending(() => ({ dimension: 'model', by: 'tokens' })), holds: hasRows },
  usageLatency: { good: afterSpending(() => ({ groupBy: 'provider,model' })), holds: hasRows },
  usageDashboard: {
    good: afterSpending(),
    holds: ({ body }) => expect(body.periods.last24Hours.requests).toBeGreaterThan(0),
  },
  exportUsage: {
    good: afterSpending(() => ({ format: 'csv' })),
    holds: ({ text }) => expect(text.split('\r\n').length).toBeGreaterThan(2),
  },
  listLedger: { good: afterSpending(() => ({ limit: '1' })), holds: hasRows },
  listLeases: {
    good: async (world) => {
      await world.spend();
      return { query: { budgetId: world.tenant.budgetId, all: 'true' } };
    },
    holds: hasRows,
  },
  releaseLease: {
    // The lease of a gateway that lives is refused; of one that has gone for good the medium tests release it.
    status: 409,
    good: async (world) => {
      await world.spend();
      const [lease] = await world.admin.readLog('leases', { budgetId: world.tenant.budgetId, all: 'true' });
      return { path: { id: lease.id }, body: { as: 'unspent' } };
    },
  },
};
