import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { receiveGithubWebhook, sources, sourceSecrets } from '@purser/contracts';
import type { Source } from '@purser/contracts';
import type { MessageClient } from '@purser/messaging';
import { SecretBox } from '@purser/secrets';
import { testDatabase, type TestDatabase } from '@purser/testing';
import { v7 as uuidv7 } from 'uuid';
import { GithubServer } from '../github/testing/github-server.ts';
import { migrations } from '../migrations/index.ts';
import { startTestTraining, TEST_MASTER_KEY, type TestTraining } from '../testing/start-test-training.ts';

const actor = { keyId: uuidv7(), accountId: uuidv7() };
const box = new SecretBox(TEST_MASTER_KEY);
const SECRET = 'the-webhook-secret-of-the-shop';

let own: TestDatabase;
let service: TestTraining;
let client: MessageClient;
let github: GithubServer;

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'training' });
  service = await startTestTraining({ DATABASE_URL: own.url, GITHUB_SYNC_INTERVAL_MS: '3600000' });
  client = service.client;
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});
beforeEach(async () => {
  github = await GithubServer.start();
  github.add('acme/shop');
});
afterEach(async () => {
  await service.writeBehind('TRUNCATE sources, idempotency_keys CASCADE');
  await github.stop();
});

const create = async (input: object = {}): Promise<Source> =>
  client.request(sources.create, {
    input: {
      ...{ kind: 'github', repository: 'acme/shop', baseUrl: github.baseUrl },
      sealedWebhookSecret: box.seal(SECRET, sourceSecrets.webhookSecret),
      ...input,
    } as never,
    actor,
  });
const deliver = (secret: string) => {
  const body = Buffer.from('{"zen":"x"}');
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return client.request(receiveGithubWebhook, {
    body: body.toString('base64'),
    headers: { 'x-github-event': 'ping', 'content-type': 'application/json', 'x-hub-signature-256': signature },
  });
};

describe('the webhook secrets of many sources', () => {
  /** Sources that are older and have a secret: of their own, or one that can not be opened. */
  const others = (number: number, sealed: (n: number) => string, disabled = false) =>
    service.database.query(
      `INSERT INTO sources (id, kind, path, repository, base_url, disabled, sealed_webhook_secret, created_at)
       SELECT overlay(gen_random_uuid()::text placing '00000000' from 1)::uuid, 'github', 'path ' || n, 'o/' || n, '', $2, sealed,
         '2020-01-01' FROM unnest($1::text[]) WITH ORDINALITY AS made (sealed, n)`,
      [Array.from({ length: number }, (_, n) => sealed(n)), disabled],
    );
  const sealed = (n: number) => box.seal(`the-secret-of-the-source-${n}`, sourceSecrets.webhookSecret);

  it.each([true, false])('are all tried, also the last of them (others are disabled: %s)', async (disabled) => {
    await others(450, sealed, disabled);
    await create();
    expect(await deliver(SECRET)).toMatchObject({ outcome: 'pong' });
    const unknown = deliver('the-secret-of-nobody');
    await expect(unknown).rejects.toMatchObject({ code: 'invalid_signature' });
  });

  it('are bounded where they are given, by their field', async () => {
    await others(999, () => 'sealed');
    const last = await create();
    github.add('acme/other');
    const refused = { code: 'conflict', details: { field: 'webhookSecret', limit: 1_000 } };
    await expect(create({ repository: 'acme/other' })).rejects.toMatchObject(refused);
    const bare = { repository: 'acme/other', sealedWebhookSecret: undefined };
    await expect(create({ ...bare, generateWebhookSecret: true })).rejects.toMatchObject(refused);
    const { id } = await create(bare);
    const changes = { sealedWebhookSecret: box.seal(SECRET, sourceSecrets.webhookSecret) };
    await expect(client.request(sources.update, { id, changes, actor })).rejects.toMatchObject(refused);
    await client.request(sources.update, { id: last.id, changes, actor });
    await client.request(sources.update, { id: last.id, changes: { sealedWebhookSecret: null }, actor });
    expect(await client.request(sources.update, { id, changes, actor })).toMatchObject({ hasWebhookSecret: true });
  });
});
