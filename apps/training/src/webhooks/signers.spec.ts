import { expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { signersOf } from './signers.ts';
import type { WebhookSource } from './webhooks.repository.ts';

const source = (id: number, secret: string): WebhookSource => ({
  ...{ id: String(id), repository: `o/${id}`, sealedWebhookSecret: secret, disabled: false },
  ...{ repositoryId: null, fullName: null },
});
async function* pages(sources: readonly WebhookSource[]): AsyncGenerator<WebhookSource> {
  yield* sources;
}
const open = ({ sealedWebhookSecret }: WebhookSource) => sealedWebhookSecret || null;
const body = Buffer.alloc(700 * 1_024, 'x');
const claimed = createHmac('sha256', 'secret').update(body).digest();

it('finds all sources of the secret, and none whose secret can not be opened', async () => {
  const sources = ['other', 'secret', '', 'secret'].map((secret, id) => source(id, secret));
  const signers = await signersOf(pages(sources), open, { body, claimed });
  expect(signers.map(({ id }) => id)).toEqual(['1', '3']);
});

it('lets others have their turn while it tries many secrets', async () => {
  const turns = async (sources: readonly WebhookSource[]) => {
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await signersOf(pages(sources), open, { body, claimed });
    isDone = true;
    return turns;
  };
  const many = Array.from({ length: 60 }, (_, id) => source(id, `secret ${id}`));
  expect(await turns(many)).toBeGreaterThanOrEqual(15);
  expect(await turns(many.map((each) => ({ ...each, sealedWebhookSecret: 'one for all' })))).toBeLessThan(5);
});
