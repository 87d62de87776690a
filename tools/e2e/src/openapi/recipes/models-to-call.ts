import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';

const messages = [{ role: 'user', content: 'As described' }];

/** The data plane; called with the admin's key too. */
export const callableModelRecipes: Recipes = {
  createChatCompletion: {
    good: ({ tenant }) => ({ body: { model: tenant.model(), messages, max_tokens: 8 } }),
    holds: ({ body }) => expect(body).toMatchObject({ object: 'chat.completion' }),
    // What Purser does not know goes on to the provider.
    badBodies: [[], { messages }],
  },
  listCallableModels: { good: () => ({}) },
  getCallableModel: { good: ({ tenant }) => ({ path: { id: tenant.model() } }) },
};
