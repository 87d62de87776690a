import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

const SERVICES = ['budget', 'reports', 'training', 'web-gateway'];

export const cacheRecipes: Recipes = {
  getCacheStatistics: {
    good: async () => ({}),
    holds: ({ body }) => {
      const services = body.data.map(({ service }: { service: string }) => service);
      expect([...new Set(services)]).toEqual(SERVICES);
      expect(body.unanswered).toEqual([]);
      const warmed = body.data.filter(({ service }: { service: string }) => service === 'reports');
      for (const { warming } of warmed) expect(warming.sources).toMatchObject([{ name: 'catalogue', failed: 0 }]);
    },
  },
  invalidateCache: {
    good: async () => ({ body: { pattern: 'no-such-key:*', namespace: 'catalogue' } }),
    holds: ({ body }) => expect(body).toEqual({ namespaces: ['catalogue'] }),
  },
};
