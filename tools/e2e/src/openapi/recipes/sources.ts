import { expect } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { resourceRecipes, type Call, type Recipes } from '../recipe.ts';
import type { World } from '../world.ts';

/** A ping that is signed as GitHub would, for a source that has the secret. */
async function signedPing({ admin, name }: World): Promise<Call> {
  const webhookSecret = randomBytes(32).toString('hex');
  const repository = `acme/${name()}`;
  await admin.create('sources', { kind: 'github', repository, webhookSecret, disabled: true });
  const body = JSON.stringify({ zen: 'Speak like a human.', repository: { id: 1, full_name: repository } });
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  return { body, headers: { 'x-github-event': 'ping', 'x-hub-signature-256': `sha256=${signature}` } };
}

export const sourceRecipes: Recipes = {
  ...resourceRecipes('Source', async (world) => ({ kind: 'directory', path: await world.workFolder() }), {
    disabled: true,
  }),
  syncSource: {
    good: async (world) => ({ path: { id: (await world.source()).id } }),
    holds: ({ body }) => expect(body).toMatchObject({ status: 'ok', workEfforts: 1 }),
  },
  receiveGithubWebhook: {
    good: signedPing,
    holds: ({ body }) => expect(body).toMatchObject({ event: 'ping', outcome: 'pong' }),
  },
};
