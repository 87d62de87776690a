import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

export const trafficRecipes: Recipes = {
  getPoolStatistics: {
    good: async () => ({}),
    holds: ({ body }) => {
      const services = new Set(body.data.map(({ service }: Record<string, string>) => service));
      expect([...services]).toEqual(expect.arrayContaining(['budget', 'reports', 'training']));
      expect(body.unanswered).toEqual([]);
    },
  },
  getRateLimitStatistics: {
    good: async () => ({}),
    holds: ({ body }) => {
      const limiters = body.data.map(({ service, limiter }: Record<string, string>) => `${service} ${limiter}`);
      const messages = ['budget', 'reports', 'training'].map((service) => `${service} messages`);
      expect([...new Set(limiters)]).toEqual([...messages, 'web-gateway requests']);
      expect(body.unanswered).toEqual([]);
    },
  },
  resetRateLimits: {
    good: async ({ tenant }) => ({ body: { providerId: tenant.providerId } }),
    holds: ({ body }) => expect(body.scope).toBe('provider'),
  },
  getDependencyStatistics: {
    good: async ({ tenant }) => {
      const messages = [{ role: 'user', content: 'As described' }];
      await tenant.admin.post('/v1/chat/completions', { model: tenant.model(), messages, max_tokens: 8 });
      return {};
    },
    holds: ({ body }) => {
      const ofGateways = body.data.filter(({ service }: Record<string, string>) => service === 'web-gateway');
      const names = ofGateways.map(({ name }: Record<string, string>) => name);
      for (const kind of [/^provider\//, /^messages\//]) expect(names).toContainEqual(expect.stringMatching(kind));
      expect(body.unanswered).toEqual([]);
    },
  },
};
