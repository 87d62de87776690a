import { expect } from '@jest/globals';
import type { Recipes } from '../recipe.ts';
import type { World } from '../world.ts';

/** The query for what one source has. */
const ofASource = async (world: World) => ({ sourceId: (await world.source()).id });

/** The id of the first row of such a list. */
const firstOf = (list: string) => async (world: World) => {
  const { data } = await world.admin.read(`${list}?sourceId=${(await world.source()).id}`);
  return { path: { id: data[0].id } };
};

export const workEffortRecipes: Recipes = {
  listWorkEfforts: {
    good: async (world) => ({ query: { ...(await ofASource(world)), q: 'edge', sort: '-updatedAt' } }),
    holds: ({ body }) => expect(body.data).toHaveLength(1),
  },
  getWorkEffortStats: {
    good: async (world) => ({ query: await ofASource(world) }),
    holds: ({ body }) => expect(body).toMatchObject({ total: 1, tickets: { total: 2 } }),
  },
  getWorkEffort: {
    good: firstOf('work-efforts'),
    holds: ({ body }) => expect(body.tickets).toHaveLength(2),
  },
  listTickets: {
    good: async (world) => ({ query: { ...(await ofASource(world)), status: 'pending' } }),
    holds: ({ body }) => expect(body.data).toHaveLength(1),
  },
  getTicket: { good: firstOf('tickets') },
  listTags: {
    good: async (world) => ({ query: await ofASource(world) }),
    holds: ({ body }) => expect(body.data).toMatchObject([{ name: 'edge' }]),
  },
};
