import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

export const trafficRecipes: Recipes = {
  getPoolStatistics: {
    good: async () => ({}),
    holds: ({ body }) => expect(body.unanswered).toEqual([]),
  },
  getRateLimitStatistics: {
    good: async () => ({}),
    holds: ({ body }) => {
      const limiters = body.data.map(({ service, limiter }: Record<string, string>) => `${service} ${limiter}`);
      const messages = ['budget', 'reports', 'training'].map((service) => `${service} messages`);
      expect(limiters).toEqual([...messages, 'web-gateway requests']);
      expect(body.unanswered).toEqual([]);
    },
  },
  resetRateLimits: {
    good: async ({ tenant }) => ({ body: { providerId: tenant.providerId } }),
    holds: ({ body }) => expect(body.scope).toBe('provider'),
  },
  getDependencyStatistics: {
    good: async () => ({}),
    holds: ({ body }) => expect(body.unanswered).toEqual([]),
  },
};
