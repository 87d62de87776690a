import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

export const probeRecipes: Recipes = {
  getLiveness: { good: () => ({}) },
  getReadiness: { good: () => ({}), holds: ({ body }) => expect(body.status).toBe('ok') },
  getStartup: { good: () => ({}) },
  getMetrics: { good: () => ({}), holds: ({ text }) => expect(text).toContain('# TYPE ') },
  getOpenApi: { good: () => ({}), holds: ({ body }) => expect(body.openapi).toMatch(/^3\.1/) },
};
